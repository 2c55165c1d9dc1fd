export { RecipeBar } from './components/recipe-bar.tsx';
export { useTargets } from './use-run.ts';
