import type { StepVerb } from '@pingplex/shared/domain';
import { Bookmark, Plus } from 'lucide-react';
import { Fragment, useState } from 'react';
import { hintOf, useActions } from '../../../actions/index.ts';
import { useTexts } from '../../../i18n/index.ts';
import { Button, IconButton } from '../../../ui/button.tsx';
import { Field, TextInput } from '../../../ui/fields.tsx';
import { Menu, Popover } from '../../../ui/overlays.tsx';
import { toast } from '../../../ui/toasts.tsx';
import { addStep, loadSteps, nameDraft, useDraft } from '../draft.ts';
import { EXAMPLES } from '../examples.ts';
import { saveRecipe, useRecipes } from '../store.ts';
import { stepsLine } from '../summary.ts';
import { StepChip } from './step-chip.tsx';

const VERBS: readonly StepVerb[] = ['clean', 'unicalize', 'convert', 'generate'];

/** Saves the steps on the bar under a name. */
function SavePanel({ onDone }: { onDone: () => void }) {
  const { t, problem } = useTexts();
  const { steps, recipe } = useDraft();
  const [name, setName] = useState(recipe?.name ?? '');
  const [wrong, setWrong] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const save = async (id?: typeof recipe): Promise<void> => {
    setBusy(true);
    try {
      const saved = await saveRecipe(
        name,
        steps.map((one) => one.step),
        id?.id,
      );
      nameDraft({ id: saved.id, name: saved.name });
      toast('ok', t('recipes.saved', { name: saved.name }));
      onDone();
    } catch (error) {
      const text = problem(error);
      setWrong(`${text.title}. ${text.next}`);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        void save(recipe && recipe.name === name ? recipe : null);
      }}
    >
      <Field label={t('recipes.name')} problem={wrong}>
        {(field) => <TextInput {...field} maxLength={120} value={name} onChange={(event) => setName(event.target.value)} />}
      </Field>
      <div className="flex justify-end gap-2">
        {recipe && recipe.name !== name ? (
          <Button busy={busy} disabled={name.trim() === ''} onClick={() => void save(recipe)}>
            {t('recipes.rename')}
          </Button>
        ) : null}
        <Button type="submit" look="primary" busy={busy} disabled={name.trim() === ''}>
          {recipe && recipe.name === name ? t('recipes.replace') : t('recipes.saveNew')}
        </Button>
      </div>
    </form>
  );
}

/** The steps that a run will take, in order, with what adds, saves and loads them. */
export function RecipeRow() {
  const texts = useTexts();
  const { t, words } = texts;
  const steps = useDraft((state) => state.steps);
  const saved = useRecipes((state) => state.list);
  const [saving, setSaving] = useState(false);
  useActions({
    'recipe.addClean': () => addStep('clean'),
    'recipe.addUnicalize': () => addStep('unicalize'),
    'recipe.addConvert': () => addStep('convert'),
    'recipe.addGenerate': () => addStep('generate'),
    ...(steps.length > 0 ? { 'recipe.save': () => setSaving(true) } : {}),
  });
  const recipes = [
    ...saved.map((recipe) => ({
      label: recipe.name,
      note: stepsLine(recipe.steps, texts),
      onSelect: () => loadSteps(recipe.steps, { id: recipe.id, name: recipe.name }),
    })),
    ...EXAMPLES.map((example) => ({
      label: t(example.name),
      note: stepsLine(example.steps, texts),
      onSelect: () => loadSteps(example.steps, null),
    })),
  ];
  return (
    <fieldset aria-label={t('recipe.label')} data-testid="recipe-row" className="flex min-w-0 flex-wrap items-center gap-2">
      {steps.map((draft, index) => (
        <Fragment key={draft.key}>
          {index > 0 ? (
            <span className="text-faint" aria-hidden>
              →
            </span>
          ) : null}
          <StepChip draft={draft} index={index} count={steps.length} />
        </Fragment>
      ))}
      <Menu
        heading={t('recipe.addHeading')}
        trigger={
          <button
            type="button"
            className="flex h-8.5 shrink-0 items-center gap-1.5 rounded-[8px] border border-line-strong border-dashed px-2.75 text-muted transition-colors hover:border-faint hover:text-text"
          >
            <Plus size={14} aria-hidden />
            {t('recipe.addStep')}
          </button>
        }
        entries={VERBS.map((verb) => ({ label: words.verb[verb], note: t(`recipe.about.${verb}`), onSelect: () => addStep(verb) }))}
      />
      <div className="flex items-center">
        <Menu
          heading={t('recipes.load')}
          trigger={
            <Button look="ghost" className="px-2">
              {t('recipes.menu')}
            </Button>
          }
          entries={recipes}
        />
        {steps.length > 0 ? (
          <Popover
            label={t('recipes.save')}
            open={saving}
            onOpenChange={setSaving}
            trigger={
              <IconButton label={t('recipes.save')} hint={hintOf('recipe.save')}>
                <Bookmark size={15} />
              </IconButton>
            }
          >
            <SavePanel onDone={() => setSaving(false)} />
          </Popover>
        ) : null}
      </div>
    </fieldset>
  );
}
