import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, type TextareaHTMLAttributes, useId } from 'react';
import { cx } from './cx.ts';

const box =
  'rounded-md border border-line-strong bg-bg px-2.5 text-text transition-colors hover:border-faint aria-invalid:border-bad disabled:opacity-50';

type FieldProps = {
  label: string;
  /** Stands under the field in quiet text. */
  note?: ReactNode;
  /** What is wrong with the value; tied to the field for screen readers. */
  problem?: string | null;
  className?: string;
  children: (field: { id: string; 'aria-describedby': string | undefined; 'aria-invalid': boolean | undefined }) => ReactNode;
};

/** A labelled form field with its note and its problem beside it. */
export function Field({ label, note, problem, className, children }: FieldProps) {
  const id = useId();
  const described = problem ? `${id}-problem` : note ? `${id}-note` : undefined;
  return (
    <div className={cx('flex min-w-0 flex-col gap-1', className)}>
      <label htmlFor={id} className="text-sm text-muted">
        {label}
      </label>
      {children({ id, 'aria-describedby': described, 'aria-invalid': problem ? true : undefined })}
      {problem ? (
        <p id={`${id}-problem`} role="alert" className="text-sm text-bad">
          {problem}
        </p>
      ) : note ? (
        <p id={`${id}-note`} className="text-xs text-muted">
          {note}
        </p>
      ) : null}
    </div>
  );
}

export function TextInput({ className, ...rest }: InputHTMLAttributes<HTMLInputElement>) {
  return <input type="text" autoComplete="off" spellCheck={false} {...rest} className={cx(box, 'h-8 w-full selectable', className)} />;
}

export function TextArea({ className, ...rest }: TextareaHTMLAttributes<HTMLTextAreaElement>) {
  return <textarea rows={3} {...rest} className={cx(box, 'w-full resize-y py-1.5 selectable', className)} />;
}

type NumberProps = Omit<InputHTMLAttributes<HTMLInputElement>, 'value' | 'onChange' | 'type'> & {
  value: number | undefined;
  /** Undefined when the field was emptied. Only whole and in-range values are handed on. */
  onValue: (value: number | undefined) => void;
};

/** A number field that hands on numbers; an empty field is undefined, text that is no number is not handed on. */
export function NumberInput({ value, onValue, className, ...rest }: NumberProps) {
  return (
    <input
      type="number"
      {...rest}
      value={value ?? ''}
      onChange={(event) => {
        const text = event.target.value;
        if (text === '') onValue(undefined);
        else if (Number.isFinite(Number(text))) onValue(Number(text));
      }}
      className={cx(box, 'h-8 w-full selectable', className)}
    />
  );
}

type Option<V extends string> = { readonly value: V; readonly label: string };

type SelectProps<V extends string> = Omit<SelectHTMLAttributes<HTMLSelectElement>, 'value' | 'onChange'> & {
  value: V;
  options: readonly (Option<V> | { readonly group: string; readonly options: readonly Option<V>[] })[];
  onValue: (value: V) => void;
};

/** The system's own list of choices: keyboard, type-ahead and screen readers come with it. */
export function Select<V extends string>({ value, options, onValue, className, ...rest }: SelectProps<V>) {
  const option = (one: Option<V>) => (
    <option key={one.value} value={one.value}>
      {one.label}
    </option>
  );
  return (
    <select {...rest} value={value} onChange={(event) => onValue(event.target.value as V)} className={cx(box, 'h-8 w-full', className)}>
      {options.map((one) =>
        'group' in one ? (
          <optgroup key={one.group} label={one.group}>
            {one.options.map(option)}
          </optgroup>
        ) : (
          option(one)
        ),
      )}
    </select>
  );
}

type CheckProps = { label: ReactNode; note?: string; checked: boolean; onChecked: (checked: boolean) => void; disabled?: boolean };

export function Check({ label, note, checked, onChecked, disabled }: CheckProps) {
  return (
    <label className={cx('flex items-start gap-2', disabled && 'opacity-50')}>
      <input
        type="checkbox"
        className="mt-0.75 size-3.5 shrink-0"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChecked(event.target.checked)}
      />
      <span className="min-w-0">
        {label}
        {note ? <span className="block text-xs text-muted">{note}</span> : null}
      </span>
    </label>
  );
}

type SegmentsProps<V extends string> = {
  label: string;
  value: V;
  options: readonly { value: V; label: ReactNode; name?: string }[];
  onValue: (value: V) => void;
};

/** A few choices side by side, one of them on; arrow keys move between them. */
export function Segments<V extends string>({ label, value, options, onValue }: SegmentsProps<V>) {
  const name = useId();
  return (
    <div role="radiogroup" aria-label={label} className="flex shrink-0 overflow-hidden rounded-md border border-line-strong">
      {options.map((one) => (
        <label
          key={one.value}
          className={cx(
            'flex h-7 items-center gap-1.5 px-2.5 transition-colors has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-accent-text',
            one.value === value ? 'bg-accent-soft text-text' : 'text-muted hover:text-text',
          )}
        >
          <input
            type="radio"
            className="sr-only"
            name={name}
            value={one.value}
            checked={one.value === value}
            aria-label={one.name}
            onChange={() => onValue(one.value)}
          />
          {one.label}
        </label>
      ))}
    </div>
  );
}
