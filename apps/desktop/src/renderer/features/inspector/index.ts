export { ExportDialog } from './components/export-dialog.tsx';
export { Inspector } from './components/inspector.tsx';
export { LargePreview } from './components/large-preview.tsx';
export { VideoPreview } from './components/video-preview.tsx';
export { askExport } from './export-store.ts';
