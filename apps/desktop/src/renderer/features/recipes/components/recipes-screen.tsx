import type { Recipe } from '@pingplex/shared/domain';
import { Copy, Share2, Trash2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { runAction } from '../../../actions/index.ts';
import { useTexts } from '../../../i18n/index.ts';
import { Button, IconButton } from '../../../ui/button.tsx';
import { Empty, Notice } from '../../../ui/feedback.tsx';
import { toast } from '../../../ui/toasts.tsx';
import { useSession } from '../../session/index.ts';
import { loadSteps } from '../draft.ts';
import { EXAMPLES } from '../examples.ts';
import { loadRecipes, removeRecipe, saveRecipe, useRecipes } from '../store.ts';
import { stepSummary } from '../summary.ts';

function StepsOf({ recipe }: { recipe: Pick<Recipe, 'steps'> }) {
  const texts = useTexts();
  const models = useSession((state) => state.models);
  const steps = recipe.steps.map((step, at) => ({ key: `${at}`, step, first: at === 0 }));
  return (
    <ol className="mt-1.5 flex flex-wrap items-center gap-1.5">
      {steps.map(({ key, step, first }) => (
        <li key={key} className="flex items-center gap-1.5">
          {first ? null : (
            <span className="text-faint" aria-hidden>
              →
            </span>
          )}
          <span className="rounded-md border border-line px-2 py-0.5">
            {texts.words.verb[step.verb]} <small className="text-xs text-muted">{stepSummary(step, models, texts)}</small>
          </span>
        </li>
      ))}
    </ol>
  );
}

function RecipeLine({ recipe }: { recipe: Recipe }) {
  const { t, problem } = useTexts();
  const [sure, setSure] = useState(false);
  const tell = (error: unknown): void => {
    const { title, next } = problem(error);
    toast('bad', title, next);
  };
  return (
    <li
      data-testid="recipe"
      data-recipe-name={recipe.name}
      className="flex items-center gap-3 border-line border-b px-4 py-3 last:border-b-0"
    >
      <div className="min-w-0 flex-1">
        <div className="truncate font-semibold">{recipe.name}</div>
        <StepsOf recipe={recipe} />
      </div>
      {sure ? (
        <>
          <span className="text-muted">{t('recipes.sure')}</span>
          <Button onClick={() => setSure(false)}>{t('common.keep')}</Button>
          <Button look="danger" onClick={() => void removeRecipe(recipe.id).catch(tell)}>
            {t('recipes.remove')}
          </Button>
        </>
      ) : (
        <>
          <Button
            onClick={() => {
              loadSteps(recipe.steps, { id: recipe.id, name: recipe.name });
              runAction('go.workspace');
            }}
          >
            {t('recipes.apply')}
          </Button>
          <IconButton
            label={t('recipes.duplicate')}
            onClick={() => void saveRecipe(t('recipes.copyOf', { name: recipe.name }).slice(0, 120), recipe.steps).catch(tell)}
          >
            <Copy size={15} />
          </IconButton>
          <IconButton label={t('recipes.remove')} onClick={() => setSure(true)}>
            <Trash2 size={15} />
          </IconButton>
        </>
      )}
    </li>
  );
}

/** Saved recipes: apply, duplicate, remove; and examples to begin with. */
export function RecipesScreen() {
  const { t, problem } = useTexts();
  const { list, loaded, error } = useRecipes();
  useEffect(() => {
    void loadRecipes();
  }, []);
  const trouble = error ? problem(error) : null;
  return (
    <div className="mx-auto flex w-full max-w-4xl flex-col gap-4 p-5">
      {trouble ? (
        <Notice tone="bad" title={trouble.title} actions={<Button onClick={() => void loadRecipes()}>{t('common.retry')}</Button>}>
          {trouble.next}
        </Notice>
      ) : null}
      {loaded && !error && list.length === 0 ? (
        <Empty icon={<Share2 size={30} strokeWidth={1.4} />} title={t('recipes.empty.title')}>
          {t('recipes.empty.text')}
        </Empty>
      ) : null}
      {list.length > 0 ? (
        <ul aria-label={t('nav.recipes')} className="rounded-lg border border-line bg-surface">
          {list.map((recipe) => (
            <RecipeLine key={recipe.id} recipe={recipe} />
          ))}
        </ul>
      ) : null}
      <h2 className="mt-2 font-semibold">{t('recipes.examples.title')}</h2>
      <ExampleCards onPick={() => runAction('go.workspace')} />
    </div>
  );
}

/** Three recipes that can be put on the bar with one click. */
export function ExampleCards({ onPick }: { onPick?: () => void }) {
  const { t } = useTexts();
  return (
    <div className="grid grid-cols-3 gap-3 text-left">
      {EXAMPLES.map((example) => (
        <button
          key={example.name}
          type="button"
          data-testid="example-recipe"
          onClick={() => {
            loadSteps(example.steps, null);
            onPick?.();
          }}
          className="flex flex-col gap-1 rounded-lg border border-line bg-surface p-3 text-left transition-colors hover:border-accent"
        >
          <span className="font-semibold">{t(example.name)}</span>
          <span className="text-sm text-muted">{t(example.text)}</span>
        </button>
      ))}
    </div>
  );
}
