import { Grid2x2, Maximize, ZoomIn, ZoomOut } from 'lucide-react';
import { IconButton } from './button.tsx';

type ZoomLabels = { readonly zoomIn: string; readonly zoomOut: string; readonly actual: string; readonly fit: string };

/** The magnification and four buttons to change it; the keys beside them work in the picture itself. */
export function ZoomButtons({
  percent,
  labels,
  onZoom,
  onActual,
  onFit,
}: {
  percent: string;
  labels: ZoomLabels;
  onZoom: (direction: 1 | -1) => void;
  onActual: () => void;
  onFit: () => void;
}) {
  return (
    <div className="flex items-center">
      <span className="min-w-10 pl-2 text-right text-xs text-muted" aria-live="polite" data-testid="zoom">
        {percent}
      </span>
      <IconButton label={labels.zoomOut} hint="−" onClick={() => onZoom(-1)}>
        <ZoomOut size={14} />
      </IconButton>
      <IconButton label={labels.zoomIn} hint="+" onClick={() => onZoom(1)}>
        <ZoomIn size={14} />
      </IconButton>
      <IconButton label={labels.actual} hint="1" onClick={onActual}>
        <Grid2x2 size={14} />
      </IconButton>
      <IconButton label={labels.fit} hint="0" onClick={onFit}>
        <Maximize size={14} />
      </IconButton>
    </div>
  );
}
