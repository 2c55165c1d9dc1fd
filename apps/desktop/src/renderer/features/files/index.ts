export { AddReportNotice } from './components/add-report.tsx';
export { CacheSetting } from './components/cache-setting.tsx';
export { DropArea } from './components/drop-area.tsx';
export { FileGrid, useWidth } from './components/file-grid.tsx';
export { FileTable } from './components/file-table.tsx';
export { FileThumb, Thumb } from './components/thumb.tsx';
export { formatTag } from './facts.ts';
export { addByDialog, reloadFiles, removeFiles, startFiles, useFiles } from './store.ts';
export { pick, pickAll, pickNone, setQuery, showLarge, startView, targetIds, useFile, useView } from './view-store.ts';
