import type { TextKey } from '../i18n/index.ts';

type Action = {
  readonly label: TextKey;
  /** `Mod` is Cmd on macOS, Ctrl elsewhere. */
  readonly shortcut?: string;
  readonly group: 'files' | 'recipe' | 'view' | 'go' | 'app';
};
const a = (group: Action['group'], label: TextKey, shortcut?: string): Action => ({
  group,
  label,
  ...(shortcut === undefined ? {} : { shortcut }),
});

/** Everything that the user can do by command. Menu, palette, shortcuts and tooltips come from this one map. */
export const ACTIONS = {
  'palette.open': a('app', 'actions.palette', 'Mod+K'),
  'files.add': a('files', 'actions.addFiles', 'Mod+O'),
  'files.addFolder': a('files', 'actions.addFolder', 'Mod+Shift+O'),
  'files.selectAll': a('files', 'actions.selectAll', 'Mod+A'),
  'files.clearSelection': a('files', 'actions.clearSelection'),
  'files.remove': a('files', 'actions.remove'),
  'files.preview': a('files', 'actions.preview'),
  'files.reveal': a('files', 'actions.reveal', 'Mod+Shift+R'),
  'files.exportMetadata': a('files', 'actions.exportMetadata', 'Mod+Shift+E'),
  'files.createFrom': a('files', 'actions.createFrom', 'Mod+Shift+C'),
  'files.search': a('files', 'actions.search', 'Mod+F'),
  'recipe.run': a('recipe', 'actions.run', 'Mod+Enter'),
  'recipe.addClean': a('recipe', 'actions.addClean'),
  'recipe.addUnicalize': a('recipe', 'actions.addUnicalize'),
  'recipe.addConvert': a('recipe', 'actions.addConvert'),
  'recipe.addGenerate': a('recipe', 'actions.addGenerate'),
  'recipe.save': a('recipe', 'actions.saveRecipe', 'Mod+S'),
  'output.choose': a('recipe', 'actions.chooseOutput'),
  'view.grid': a('view', 'actions.grid', 'Mod+Shift+1'),
  'view.table': a('view', 'actions.table', 'Mod+Shift+2'),
  'view.inspector': a('view', 'actions.inspector', 'Mod+I'),
  'view.larger': a('view', 'actions.larger', 'Mod+='),
  'view.smaller': a('view', 'actions.smaller', 'Mod+-'),
  'view.theme': a('view', 'actions.theme'),
  'view.language': a('view', 'actions.language'),
  'go.workspace': a('go', 'actions.goWorkspace', 'Mod+1'),
  'go.create': a('go', 'actions.goCreate', 'Mod+6'),
  'go.queue': a('go', 'actions.goQueue', 'Mod+2'),
  'go.library': a('go', 'actions.goLibrary', 'Mod+3'),
  'go.recipes': a('go', 'actions.goRecipes', 'Mod+4'),
  'go.account': a('go', 'actions.goAccount', 'Mod+5'),
  'app.diagnostics': a('app', 'actions.diagnostics'),
} as const satisfies Record<string, Action>;

export type ActionId = keyof typeof ACTIONS;
export const ACTION_IDS = Object.keys(ACTIONS) as ActionId[];
export const isActionId = (id: string): id is ActionId => Object.hasOwn(ACTIONS, id);

/** The shortcut of an action, or undefined. */
export function shortcutOf(id: ActionId): string | undefined {
  const action: Action = ACTIONS[id];
  return action.shortcut;
}
