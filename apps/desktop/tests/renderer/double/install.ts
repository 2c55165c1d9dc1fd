import type {
  AddReport,
  AppState,
  Estimate,
  IpcEventName,
  IpcEvents,
  IpcOutput,
  IpcParsed,
  IpcRouteId,
  PingplexApi,
} from '@pingplex/shared/contracts/ipc';
import { IPC_ROUTES } from '@pingplex/shared/contracts/ipc';
import { BatchId, type Recipe, RecipeId } from '@pingplex/shared/domain';
import { AppError, type ErrorCode, toAppError } from '@pingplex/shared/errors';
import { MODELS, MOVEMENTS, makeBatches, makeFile, makeInspection, makeState, RECOVERY_CODES, SECRET, SESSIONS, WALLET } from './seed.ts';

/**
 * Stands in for preload and main, so that the window can be looked at and driven in a browser. What it holds comes from the address:
 * `?files=16&signedIn=1&theme=dark&language=ru&batches=1&fail=batches.list`.
 */
const asked = new URLSearchParams(location.search);
const count = Number(asked.get('files') ?? 16);
const signedIn = asked.get('signedIn') !== '0';
const failing = new Set((asked.get('fail') ?? '').split(',').filter(Boolean));

let state: AppState = makeState(signedIn, {
  theme: (asked.get('theme') ?? 'system') as AppState['settings']['theme'],
  language: (asked.get('language') ?? 'system') as AppState['settings']['language'],
  view: (asked.get('view') ?? 'grid') as AppState['settings']['view'],
});
let files = Array.from({ length: count }, (_, n) => makeFile(n));
const seeded = asked.get('batches') === '1' ? makeBatches() : { batches: [], items: [], results: [] };
const recipes: Recipe[] = [];
let rev = 1;

const listeners = new Map<IpcEventName, Set<(data: never) => void>>();
function emit<E extends IpcEventName>(event: E, data: IpcEvents[E]): void {
  for (const listener of listeners.get(event) ?? []) (listener as (data: IpcEvents[E]) => void)(data);
}
function change(patch: Partial<AppState>): void {
  state = { ...state, ...patch };
  emit('app.changed', patch);
}
function report(): AddReport {
  const added = [makeFile(files.length), makeFile(files.length + 1)];
  files = [...files, ...added];
  rev += 1;
  emit('library.changed', { rev, upserts: added, removed: [] });
  const refused = (['file.unsupported', 'file.empty', 'file.notRegular'] as const).map((code, n) => ({
    name: ['notes.txt', 'zero-bytes.mp4', 'pipe'][n] ?? '',
    error: { code, message: code, retryable: false },
  }));
  return { added: 2, alreadyThere: 1, refused, refusedTotal: 3 };
}

function estimate(input: IpcParsed<'batches.estimate'>): Estimate {
  const variants = input.steps.reduce((all, step) => all * (step.verb === 'unicalize' ? step.variants : 1), 1);
  const credits = input.steps.some((step) => step.verb === 'generate') ? input.fileIds.length * 4 : 0;
  const results = input.fileIds.length * variants;
  return {
    items: input.fileIds.length,
    results,
    bytes: results * 15e6,
    freeBytes: 9e11,
    timeMs: { low: results * 900, high: results * 1600, basis: 'measured' },
    credits,
    walletAfter: state.wallet ? state.wallet.available - credits : null,
    names: ['beach-run-0412-v1.mov', 'beach-run-0412-v2.mov', 'beach-run-0412-v3.mov'],
    findings: [
      ...(credits > 0 && !state.account
        ? [{ level: 'error', place: 'account', error: { code: 'auth.required', message: '', retryable: false } } as const]
        : []),
      ...(input.output.folderId === null
        ? [{ level: 'error', place: 'output', error: { code: 'output.folderMissing', message: '', retryable: false } } as const]
        : []),
      ...(input.steps.length > 3
        ? [{ level: 'warning', place: 'disk', error: { code: 'output.diskFull', message: '', retryable: true } } as const]
        : []),
    ],
  };
}

type Handlers = { [R in IpcRouteId]: (input: IpcParsed<R>) => IpcOutput<R> };
const own = (url: string): string => new URL(url, location.origin).href;
const none = (code: ErrorCode): never => {
  throw new AppError(code, code);
};

const handlers: Handlers = {
  'app.getState': () => state,
  'app.setSettings': (input) => {
    const settings = { ...state.settings, ...input } as AppState['settings'];
    change({ settings });
    return settings;
  },
  'app.openExternal': () => ({ opened: true }),
  'app.chooseOutputFolder': () => ({ id: 'folder-1', displayPath: '~/Pictures/Results' }),
  'app.diagnostics': () => ({ text: 'all well' }),
  'app.notices': () => ({ licence: 'GPL-3.0-or-later', notices: '# Parts\n\n| part | licence |\n| --- | --- |\n| FFmpeg | GPL |' }),
  'account.signUp': (input) => (input.password.length < 8 ? none('auth.passwordTooShort') : { status: 'mailSent' }),
  'account.signIn': (input) => {
    if (input.password === 'wrong') return none('auth.badCredentials');
    const account = makeState(true, {}).account;
    if (!account) return none('internal.unexpected');
    change({ account, wallet: WALLET });
    return { account };
  },
  'account.signOut': () => {
    change({ account: null, wallet: null });
    return { done: true };
  },
  'account.resendVerification': () => ({ status: 'mailSent' }),
  'account.forgotPassword': () => ({ status: 'mailSent' }),
  'account.refresh': () => ({ account: state.account ?? none('auth.required') }),
  'account.confirmIdentity': () => ({ done: true }),
  'account.changePassword': () => ({ done: true }),
  'account.changeEmail': () => ({ status: 'mailSent' }),
  'account.sessions': () => ({ sessions: [...SESSIONS] }),
  'account.revokeSession': () => ({ done: true }),
  'account.revokeOthers': () => ({ done: true }),
  'account.startTwoFactor': () => ({ secret: SECRET, uri: `otpauth://totp/pingplex:you%40studio.example?secret=${SECRET}` }),
  'account.confirmTwoFactor': () => ({ recoveryCodes: [...RECOVERY_CODES] }),
  'account.renewRecoveryCodes': () => ({ recoveryCodes: [...RECOVERY_CODES] }),
  'account.disableTwoFactor': () => ({ account: state.account ?? none('auth.required') }),
  'account.withGoogle': () => ({ account: state.account }),
  'account.pasteGoogleCode': () => none('auth.browserCodeWrong'),
  'account.cancelGoogle': () => ({ done: true }),
  'account.unlinkGoogle': () => none('auth.lastWayIn'),
  'wallet.refresh': () => WALLET,
  'wallet.movements': () => ({ movements: [...MOVEMENTS], next: null }),
  'models.list': () => ({ models: [...MODELS] }),
  'library.page': ({ offset, limit }) => ({
    rev,
    files: files.slice(offset, offset + limit),
    total: files.length,
    next: offset + limit < files.length ? offset + limit : null,
  }),
  'library.addByDialog': report,
  'library.addPaths': report,
  'library.remove': ({ ids }) => {
    const gone = new Set(ids);
    files = files.filter((file) => !gone.has(file.id));
    rev += 1;
    emit('library.changed', { rev, upserts: [], removed: ids });
    return { removed: ids.length };
  },
  'library.inspect': ({ id }) => {
    const file = files.find((one) => one.id === id) ?? none('file.notFound');
    return file.state === 'failed' ? none('file.damaged') : makeInspection(file);
  },
  'library.preview': ({ id }) => {
    const file = files.find((one) => one.id === id) ?? none('file.notFound');
    if (file.state === 'failed') return none('file.damaged');
    const mime = { image: 'image/jpeg', video: 'video/mp4', audio: 'audio/wav' }[file.kind];
    return { url: own(`/double/${file.kind}/${id}`), mime, proxy: file.format === 'mov' };
  },
  'library.waveform': ({ peaks }) => ({
    peaks: Array.from({ length: peaks }, (_, n) => Math.abs(Math.sin(n / 9) * Math.cos(n / 31)) * 0.9 + 0.05),
    durationMs: 21_000,
    loudnessLufs: -13.9,
  }),
  'library.show': () => ({ done: true }),
  'library.cache': () => ({ bytes: 41_200_000, files: 312, maxBytes: 1_000_000_000 }),
  'library.clearCache': () => ({ bytes: 0, files: 0, maxBytes: 1_000_000_000 }),
  'library.reveal': () => ({ shown: true }),
  'metadata.export': ({ ids }) => ({ state: 'saved', files: ids.length, failed: 0, displayPath: '~/Documents/metadata.csv' }),
  'metadata.stopExport': () => ({ stopped: true }),
  'recipes.list': () => ({ recipes }),
  'recipes.save': ({ name, steps, id }) => {
    const recipe: Recipe = { id: id ?? RecipeId.parse(`recipe-${String(recipes.length).padStart(4, '0')}`), name, version: 1, steps };
    const at = recipes.findIndex((one) => one.id === recipe.id);
    if (at >= 0) recipes[at] = recipe;
    else recipes.push(recipe);
    return recipe;
  },
  'recipes.remove': ({ id }) => {
    recipes.splice(
      recipes.findIndex((one) => one.id === id),
      1,
    );
    return { removed: true };
  },
  'batches.estimate': estimate,
  'batches.start': () => ({ batchId: BatchId.parse('batch-9999') }),
  'batches.list': () => ({ rev: 1, batches: seeded.batches }),
  'batches.items': ({ batchId }) => ({ items: seeded.items.filter((item) => item.batchId === batchId) }),
  'batches.results': ({ sourceId }) => ({ results: sourceId ? seeded.results.filter((one) => one.sourceId === sourceId) : seeded.results }),
  'batches.cancel': () => ({ canceled: 1 }),
  'batches.pause': () => ({ done: true }),
  'batches.resume': () => ({ done: true }),
  'batches.retry': () => ({ queued: 1 }),
  'batches.remove': () => ({ removed: true }),
  'batches.saveReport': () => ({ savedTo: '~/Desktop/report.html' }),
  'results.reveal': () => ({ shown: true }),
  'results.text': () => ({ text: 'A fox runs through snow.', isWhole: true }),
  'results.waveform': ({ peaks }) => ({
    peaks: Array.from({ length: peaks }, (_, n) => Math.abs(Math.sin(n / 9) * Math.cos(n / 31)) * 0.9 + 0.05),
    durationMs: 21_000,
    loudnessLufs: -16.2,
  }),
  'results.preview': ({ id }) => {
    const result = seeded.results.find((one) => one.id === id) ?? none('file.notFound');
    const mime = { image: 'image/jpeg', video: 'video/mp4', audio: 'audio/wav', text: 'text/plain' }[result.kind];
    return { url: own(`/double/${result.kind}/${id}`), mime, proxy: false };
  },
  'create.check': ({ rows }) => ({
    rows: rows.map((row, n) => ({ credits: 4, name: `${row.prompt.slice(0, 24)}-${n + 1}.png`, source: row.file ?? null })),
    problems: [],
    problemRows: [],
    results: rows.length,
    credits: rows.length * 4,
    isExact: true,
    walletAfter: state.wallet ? state.wallet.available - rows.length * 4 : null,
    timeMs: { low: rows.length * 4000, high: rows.length * 9000, basis: 'measured' },
    names: rows.map((_, n) => `row-${n + 1}.png`),
    findings: state.account
      ? []
      : [{ level: 'error', place: 'account', error: { code: 'auth.required', message: '', retryable: false } } as const],
  }),
  'create.start': ({ rows }) => ({ batchId: BatchId.parse('batch-9999'), rows: rows.length }),
  'create.resume': () => ({ batchId: BatchId.parse('batch-9999'), rows: 2 }),
  'create.openTable': () => null,
  'create.readTable': ({ text }) => ({
    name: null,
    settings: [],
    hasFiles: false,
    rows: text.split('\n').map((prompt, n) => ({ line: n + 1, prompt, cells: {} })),
    problems: [],
  }),
  'create.takeFrame': () => none('file.notFound'),
  'create.saveMask': () => none('file.unsupported'),
  'create.again': () => none('request.notFound'),
  'create.useResult': report,
  'create.history': () => ({ entries: [], total: 0, models: [] }),
  'create.fetchAgain': () => none('generation.expired'),
};

const api: PingplexApi<File> = {
  async invoke(route, input) {
    try {
      if (failing.has(route)) throw new AppError('network.offline', route);
      const parsed = IPC_ROUTES[route].input.parse(input) as never;
      return { ok: true, data: handlers[route](parsed) };
    } catch (thrown) {
      return { ok: false, error: toAppError(thrown).toData() };
    }
  },
  addDropped: async () => ({ ok: true, data: report() }),
  on(event, listener) {
    const set = listeners.get(event) ?? new Set();
    set.add(listener as (data: never) => void);
    listeners.set(event, set);
    return () => set.delete(listener as (data: never) => void);
  },
};
Object.assign(window, { pingplex: api, double: { emit } });

// A browser knows no media:// addresses; the preview server answers them under /double/.
const served = (value: string): string => value.replace(/^media:\/\//, '/double/');
const setAttribute = Element.prototype.setAttribute;
Element.prototype.setAttribute = function set(name: string, value: string): void {
  setAttribute.call(this, name, name === 'src' ? served(value) : value);
};
Object.defineProperty(HTMLImageElement.prototype, 'src', {
  get(this: HTMLImageElement) {
    return this.getAttribute('src') ?? '';
  },
  set(this: HTMLImageElement, value: string) {
    setAttribute.call(this, 'src', served(value));
  },
});
