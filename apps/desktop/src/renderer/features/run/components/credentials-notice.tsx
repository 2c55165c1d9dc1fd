import { useTexts } from '../../../i18n/index.ts';
import { useFiles } from '../../files/index.ts';
import type { Run } from '../use-run.ts';

/** Says before the run how many files carry Content Credentials, and what the Clean step will do about that. */
export function CredentialsNotice({ run }: { run: Run }) {
  const { t, format } = useTexts();
  const files = useFiles((state) => state.byId);
  // The map stays the same one; this counts its changes.
  useFiles((state) => state.rev);
  const clean = run.steps.find((step) => step.verb === 'clean');
  const count = clean ? run.targets.filter((id) => files.get(id)?.flags.includes('contentCredentials')).length : 0;
  if (!clean || count === 0) return null;
  const goes = clean.removeCredentials === true;
  return (
    <p className="flex items-center gap-2 text-warn selectable" data-testid="credentials-notice">
      <span className="size-1.75 shrink-0 rounded-full bg-warn" aria-hidden />
      {t(goes ? 'run.credentials.go' : 'run.credentials.stay', { n: format.number(count), count })}
    </p>
  );
}
