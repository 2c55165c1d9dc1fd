export { Inspector } from './components/inspector.tsx';
export { LargePreview } from './components/large-preview.tsx';
