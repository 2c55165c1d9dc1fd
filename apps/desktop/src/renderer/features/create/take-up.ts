import { useTexts } from '../../i18n/index.ts';
import { attempt, call } from '../../lib/ipc.ts';
import { toast } from '../../ui/toasts.tsx';
import { takeUp } from './store.ts';

/** Puts what was asked into the form again; says so when it can't. */
export function useTakeUp(): (wanted: Parameters<typeof call<'create.again'>>[1]) => void {
  const { t, problem } = useTexts();
  return (wanted) => {
    void attempt(() => call('create.again', wanted)).then(({ value, error }) => {
      if (error) toast('bad', problem(error).title, problem(error).next);
      else {
        takeUp(value);
        toast('ok', t('create.takenUp'));
      }
    });
  };
}
