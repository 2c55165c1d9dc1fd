import { mediaUrls, type SourceView } from '@pingplex/shared/contracts/ipc';
import { Brush, Contrast, Eraser, Redo2, Trash2, Undo2 } from 'lucide-react';
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from 'react';
import { useTexts } from '../../../i18n/index.ts';
import { attempt, call } from '../../../lib/ipc.ts';
import { Button, IconButton } from '../../../ui/button.tsx';
import { Notice } from '../../../ui/feedback.tsx';
import { Segments } from '../../../ui/fields.tsx';
import { Dialog } from '../../../ui/overlays.tsx';
import { type MaskAct, maskOf, maskSize, paint, repaint } from '../mask.ts';
import { putSource, setMasking, useCreate } from '../store.ts';

/** Address of the picture that is painted over, as the window can show it. */
function useShown(source: SourceView): { url: string | null; error: unknown } {
  const [shown, setShown] = useState<{ url: string | null; error: unknown }>({ url: null, error: null });
  useEffect(() => {
    let isCurrent = true;
    if ('madeId' in source) setShown({ url: mediaUrls.made(source.madeId), error: null });
    else {
      void attempt(() => call('library.preview', { id: source.fileId })).then(({ value, error }) => {
        if (isCurrent) setShown({ url: value?.url ?? null, error });
      });
    }
    return () => {
      isCurrent = false;
    };
  }, [source]);
  return shown;
}

type Point = readonly [x: number, y: number];
const SIZES = { min: 4, max: 400 } as const;

/** The acts of painting with undo and redo. */
function useActs(canvas: React.RefObject<HTMLCanvasElement | null>) {
  const [acts, setActs] = useState<readonly MaskAct[]>([]);
  const [undone, setUndone] = useState<readonly MaskAct[]>([]);
  const context = () => canvas.current?.getContext('2d') ?? null;
  const show = (next: readonly MaskAct[]): void => {
    const on = context();
    if (on) repaint(on, next);
    setActs(next);
  };
  return {
    acts,
    undone,
    context,
    add: (act: MaskAct): void => {
      show([...acts, act]);
      setUndone([]);
    },
    undo: (): void => {
      const last = acts.at(-1);
      if (!last) return;
      show(acts.slice(0, -1));
      setUndone([...undone, last]);
    },
    redo: (): void => {
      const next = undone.at(-1);
      if (!next) return;
      show([...acts, next]);
      setUndone(undone.slice(0, -1));
    },
  };
}

function Painter({ source }: { source: SourceView }) {
  const { t, problem } = useTexts();
  const { url, error } = useShown(source);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);
  const [tool, setTool] = useState<'brush' | 'eraser'>('brush');
  const [brush, setBrush] = useState(60);
  const [saving, setSaving] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const [cursor, setCursor] = useState<Point | null>(null);
  const drawing = useRef<Point[] | null>(null);
  const painting = useActs(canvas);
  // The brush is told in pixels of a picture 1000 wide, so that it feels alike on every one.
  const width = Math.max(1, (brush * (size?.width ?? 1000)) / 1000);
  const erase = tool === 'eraser';

  const pointOf = (event: PointerEvent<HTMLCanvasElement>): Point => {
    const box = event.currentTarget.getBoundingClientRect();
    const { width: w, height: h } = event.currentTarget;
    return [((event.clientX - box.left) / box.width) * w, ((event.clientY - box.top) / box.height) * h];
  };
  const draw = (event: PointerEvent<HTMLCanvasElement>): void => {
    const points = drawing.current;
    const on = painting.context();
    if (!points || !on) return;
    const last = points.at(-1);
    const next = pointOf(event);
    points.push(next);
    paint(on, { kind: 'stroke', erase, size: width, points: last ? [last, next] : [next] });
  };
  const finish = (): void => {
    const points = drawing.current;
    drawing.current = null;
    if (points && points.length > 0) painting.add({ kind: 'stroke', erase, size: width, points });
  };
  const keys = (event: KeyboardEvent): void => {
    const step = Math.max(4, width / 2);
    const moves: Record<string, Point> = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    const move = moves[event.key];
    const from = cursor ?? [(size?.width ?? 0) / 2, (size?.height ?? 0) / 2];
    const isOnCanvas = event.target instanceof HTMLCanvasElement;
    if (move && size && isOnCanvas) {
      setCursor([Math.max(0, Math.min(size.width, from[0] + move[0])), Math.max(0, Math.min(size.height, from[1] + move[1]))]);
    } else if (event.key === ' ' && isOnCanvas) painting.add({ kind: 'stroke', erase, size: width, points: [from] });
    else if (event.key === '[') setBrush(Math.max(SIZES.min, Math.round(brush / 1.3)));
    else if (event.key === ']') setBrush(Math.min(SIZES.max, Math.round(brush * 1.3)));
    else if (event.key === 'b') setTool('brush');
    else if (event.key === 'e') setTool('eraser');
    else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z') (event.shiftKey ? painting.redo : painting.undo)();
    else return;
    event.preventDefault();
  };
  const save = async (): Promise<void> => {
    if (!canvas.current) return;
    setSaving(true);
    const on = canvas.current;
    const answer = await attempt(async () => call('create.saveMask', { png: await maskOf(on) }));
    setSaving(false);
    setFailure(answer.error);
    if (!answer.value) return;
    putSource({ role: 'mask', madeId: answer.value.id, name: t('create.role.mask'), kind: 'image' });
    setMasking(false);
  };
  const wrong = failure ?? error;
  return (
    <div
      className="flex min-h-0 flex-col gap-3 p-4"
      data-testid="mask-dialog"
      onKeyDown={keys}
      role="group"
      aria-label={t('create.mask.title')}
    >
      <p className="text-muted">{t('create.mask.text')}</p>
      <div className="flex flex-wrap items-center gap-2">
        <Segments
          label={t('create.mask.tool')}
          value={tool}
          options={[
            {
              value: 'brush',
              label: (
                <>
                  <Brush size={14} aria-hidden />
                  {t('create.mask.brush')}
                </>
              ),
            },
            {
              value: 'eraser',
              label: (
                <>
                  <Eraser size={14} aria-hidden />
                  {t('create.mask.eraser')}
                </>
              ),
            },
          ]}
          onValue={setTool}
        />
        <label className="flex items-center gap-2 text-sm text-muted">
          {t('create.mask.size')}
          <input
            type="range"
            min={SIZES.min}
            max={SIZES.max}
            value={brush}
            onChange={(event) => setBrush(Number(event.target.value))}
            className="w-32"
          />
        </label>
        <span className="flex-1" />
        <IconButton label={t('create.mask.undo')} disabled={painting.acts.length === 0} onClick={painting.undo}>
          <Undo2 size={15} />
        </IconButton>
        <IconButton label={t('create.mask.redo')} disabled={painting.undone.length === 0} onClick={painting.redo}>
          <Redo2 size={15} />
        </IconButton>
        <IconButton label={t('create.mask.invert')} onClick={() => painting.add({ kind: 'invert' })}>
          <Contrast size={15} />
        </IconButton>
        <IconButton label={t('create.mask.clear')} disabled={painting.acts.length === 0} onClick={() => painting.add({ kind: 'clear' })}>
          <Trash2 size={15} />
        </IconButton>
      </div>
      <div className="grid min-h-0 flex-1 place-items-center overflow-hidden rounded-lg bg-media p-2">
        {url ? (
          <div className="relative">
            <img
              src={url}
              alt={source.name}
              draggable={false}
              onLoad={(event) => setSize(maskSize(event.currentTarget.naturalWidth, event.currentTarget.naturalHeight))}
              className="block max-h-[52vh] max-w-full object-contain"
            />
            {size ? (
              <canvas
                ref={canvas}
                width={size.width}
                height={size.height}
                tabIndex={0}
                role="img"
                aria-label={t('create.mask.canvas')}
                data-testid="mask-canvas"
                className="absolute inset-0 size-full touch-none cursor-crosshair opacity-60"
                onPointerDown={(event) => {
                  event.currentTarget.setPointerCapture(event.pointerId);
                  drawing.current = [];
                  draw(event);
                }}
                onPointerMove={draw}
                onPointerUp={finish}
                onPointerCancel={finish}
              />
            ) : null}
            {cursor && size ? (
              <svg
                viewBox={`0 0 ${size.width} ${size.height}`}
                className="pointer-events-none absolute inset-0 size-full"
                aria-hidden="true"
              >
                <circle
                  cx={cursor[0]}
                  cy={cursor[1]}
                  r={width / 2}
                  fill="none"
                  stroke="#fff"
                  strokeWidth={3}
                  vectorEffect="non-scaling-stroke"
                />
              </svg>
            ) : null}
          </div>
        ) : null}
      </div>
      {wrong ? (
        <Notice tone="bad" title={problem(wrong).title}>
          {problem(wrong).next}
        </Notice>
      ) : null}
      <div className="flex items-center gap-2">
        <span className="flex-1 text-xs text-muted">{t('create.mask.keys')}</span>
        <Button onClick={() => setMasking(false)}>{t('common.close')}</Button>
        <Button look="primary" disabled={painting.acts.length === 0} busy={saving} onClick={() => void save()} data-testid="save-mask">
          {t('create.mask.use')}
        </Button>
      </div>
    </div>
  );
}

/** Paints over the first picture what may change in it. */
export function MaskDialog() {
  const { t } = useTexts();
  const masking = useCreate((state) => state.masking);
  const source = useCreate((state) => state.sources.find(({ role }) => role === 'image'));
  return (
    <Dialog
      wide
      open={masking && source !== undefined}
      onOpenChange={setMasking}
      title={t('create.mask.title')}
      closeLabel={t('common.close')}
    >
      {source ? <Painter key={'fileId' in source ? source.fileId : source.madeId} source={source} /> : null}
    </Dialog>
  );
}
