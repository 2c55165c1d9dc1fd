export { standInText } from './compare/shown.ts';
export { keyFigure } from './components/figures.tsx';
export { LibraryScreen } from './components/library-screen.tsx';
export { ResultDetail, resultThumb } from './components/result-view.tsx';
