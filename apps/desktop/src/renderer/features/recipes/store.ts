import type { Recipe, RecipeId, Step } from '@pingplex/shared/domain';
import { create } from 'zustand';
import { attempt, call } from '../../lib/ipc.ts';

type Recipes = { readonly list: readonly Recipe[]; readonly loaded: boolean; readonly error: unknown };
export const useRecipes = create<Recipes>(() => ({ list: [], loaded: false, error: null }));

/** Fetches the saved recipes. */
export async function loadRecipes(): Promise<void> {
  const { value, error } = await attempt(() => call('recipes.list', {}));
  useRecipes.setState(error ? { error, loaded: true } : { list: value.recipes, loaded: true, error: null });
}

/** Saves a recipe, new or under its id. @throws AppError */
export async function saveRecipe(name: string, steps: readonly Step[], id?: RecipeId): Promise<Recipe> {
  const saved = await call('recipes.save', { name, steps: [...steps], ...(id === undefined ? {} : { id }) });
  useRecipes.setState(({ list }) => ({
    list: list.some((one) => one.id === saved.id) ? list.map((one) => (one.id === saved.id ? saved : one)) : [...list, saved],
  }));
  return saved;
}

/** @throws AppError */
export async function removeRecipe(id: RecipeId): Promise<void> {
  await call('recipes.remove', { id });
  useRecipes.setState(({ list }) => ({ list: list.filter((one) => one.id !== id) }));
}
