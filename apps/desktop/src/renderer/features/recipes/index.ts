export { RecipeRow } from './components/recipe-row.tsx';
export { ExampleCards, RecipesScreen } from './components/recipes-screen.tsx';
export { modelLabel, SettingsForm } from './components/settings-form.tsx';
export { missingIn, useDraft } from './draft.ts';
export { loadRecipes } from './store.ts';
export { stepsLine } from './summary.ts';
