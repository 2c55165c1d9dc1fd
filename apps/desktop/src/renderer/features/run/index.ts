export { FindingList } from './components/finding-list.tsx';
export { OutputPopover } from './components/output-popover.tsx';
export { RecipeBar } from './components/recipe-bar.tsx';
export { chooseOutput, useTargets } from './use-run.ts';
