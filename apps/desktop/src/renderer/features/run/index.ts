export { OutputPopover } from './components/output-popover.tsx';
export { Finding, RecipeBar } from './components/recipe-bar.tsx';
export { chooseOutput, useTargets } from './use-run.ts';
