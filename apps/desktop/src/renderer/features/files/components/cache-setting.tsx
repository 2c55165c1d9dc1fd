import type { CacheView } from '@pingplex/shared/contracts/ipc';
import { useEffect, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { Button } from '../../../ui/button.tsx';
import { toast } from '../../../ui/toasts.tsx';

/** How much thumbnails and previews take on disk, of how much at most, and a way to be rid of them. */
export function CacheSetting() {
  const { t, format, problem } = useTexts();
  const [cache, setCache] = useState<CacheView | null>(null);
  const [clearing, setClearing] = useState(false);
  useEffect(() => {
    let isGone = false;
    void attempt(() => call('library.cache', {})).then(({ value }) => {
      if (!isGone) setCache(value);
    });
    return () => {
      isGone = true;
    };
  }, []);
  const clear = (): void => {
    setClearing(true);
    void attempt(() => call('library.clearCache', {})).then(({ value, error }) => {
      setClearing(false);
      if (error) toast('bad', problem(error).title, problem(error).next);
      else setCache(value);
    });
  };
  return (
    <span className="flex items-center gap-3" data-testid="cache">
      <span>{cache ? t('settings.cacheSize', { size: format.bytes(cache.bytes), most: format.bytes(cache.maxBytes) }) : '…'}</span>
      <Button look="ghost" className="-my-1.5" busy={clearing} disabled={cache === null || cache.files === 0} onClick={clear}>
        {t('settings.cacheClear')}
      </Button>
    </span>
  );
}
