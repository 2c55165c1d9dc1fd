import { Component, type ErrorInfo, type ReactNode } from 'react';
import { useTexts } from '../i18n/index.ts';
import { call } from '../lib/ipc.ts';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/feedback.tsx';

type Props = { readonly name: string; readonly children: ReactNode };
type State = { readonly error: Error | null; readonly where: string };

/** Keeps a failure of one screen on that screen. Nothing that runs in main is touched by it. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null, where: '' };

  static getDerivedStateFromError(thrown: unknown): Partial<State> {
    return { error: thrown instanceof Error ? thrown : new Error(String(thrown)) };
  }

  override componentDidCatch(_error: unknown, info: ErrorInfo): void {
    this.setState({ where: info.componentStack ?? '' });
  }

  override render(): ReactNode {
    const { error, where } = this.state;
    if (!error) return this.props.children;
    const report = `${this.props.name}: ${error.name}: ${error.message}\n${error.stack ?? ''}\n${where}`;
    return <Failure report={report} onRetry={() => this.setState({ error: null, where: '' })} />;
  }
}

function Failure({ report, onRetry }: { report: string; onRetry: () => void }) {
  const { t } = useTexts();
  const copy = async (): Promise<void> => {
    const answer = await call('app.diagnostics', {}).catch(() => ({ text: '' }));
    await navigator.clipboard.writeText(`${report}\n\n${answer.text}`);
  };
  return (
    <div role="alert" className="h-full" data-testid="screen-failed">
      <Empty
        icon={null}
        title={t('failure.title')}
        actions={
          <>
            <Button look="primary" onClick={onRetry}>
              {t('common.retry')}
            </Button>
            <Button onClick={() => void copy()}>{t('failure.copy')}</Button>
          </>
        }
      >
        {t('failure.text')}
      </Empty>
    </div>
  );
}
