import { useEffect, useState } from 'react';
import { Field, TextInput } from '../../../ui/fields.tsx';
import { formatTime, parseTime } from '../time-text.ts';

type TimeFieldProps = {
  label: string;
  placeholder: string;
  /** Milliseconds. */
  value: number | undefined;
  onValue: (value: number | undefined) => void;
  /** Shown when the text is no time. */
  wrong: string;
  problem?: string | null;
};

/** A time as `m:ss.mmm`. What is no time stays in the field with a word about it and is not handed on. */
export function TimeField({ label, placeholder, value, onValue, wrong, problem = null }: TimeFieldProps) {
  const shown = value === undefined ? '' : formatTime(value);
  const [text, setText] = useState(shown);
  const parsed = parseTime(text);
  useEffect(() => {
    setText((before) => (parseTime(before) === value ? before : shown));
  }, [value, shown]);
  return (
    <Field label={label} problem={parsed === null ? wrong : problem}>
      {(field) => (
        <TextInput
          {...field}
          inputMode="decimal"
          placeholder={placeholder}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            const next = parseTime(event.target.value);
            if (next !== null) onValue(next);
          }}
          onBlur={() => parsed !== null && setText(shown)}
        />
      )}
    </Field>
  );
}
