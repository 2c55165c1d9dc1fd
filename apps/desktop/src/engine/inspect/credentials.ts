import type { ContentCredentials, CredentialsState, Tag, UncheckedWhy } from '@pingplex/shared/contracts/engine';
import { FORMATS } from '@pingplex/shared/domain';
import type { Sniffed } from '../probe/sniff.ts';
import { type Manifest, ManifestStore } from './manifest-store.ts';

/** Checking takes up to five times the file's size in memory; with 200 MB that stays well under a worker's limit. */
const LARGEST_BYTES = 200_000_000;
const MOST_ENTRIES = 200;

const cut = (text: string | undefined | null) => (text === undefined || text === null || text === '' ? undefined : text.slice(0, 1000));

function present<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}

/** A record that nothing more is known about than that it is there. */
function unchecked(why: UncheckedWhy, more: Partial<Pick<ContentCredentials, 'url' | 'problems'>> = {}): ContentCredentials {
  return { state: 'unchecked', why, timeStamped: false, authors: [], actions: [], ingredients: [], records: 0, problems: [], ...more };
}

/** The picture, sound or box tree is not what was signed. */
const CONTENT_CHANGED = /^assertion\.(dataHash|bmffHash|boxesHash|collectionHash|multiAssetHash)\.(mismatch|unknownBox)/;
/** No trust list comes with the app, so every signer is "untrusted"; that is told once, in words, and is no finding about this file. */
const NO_TRUST_LIST = 'signingCredential.untrusted';

function stateOf(store: ManifestStore, problems: readonly { readonly code: string }[]): CredentialsState {
  if (problems.some(({ code }) => CONTENT_CHANGED.test(code))) return 'changed';
  return store.validation_state === 'Invalid' || problems.length > 0 ? 'broken' : 'valid';
}

function signerOf({ signature_info: signature }: Manifest): ContentCredentials['signer'] {
  if (!signature) return undefined;
  return present({
    name: cut(signature.common_name),
    organisation: cut(signature.issuer),
    algorithm: cut(signature.alg),
    serial: cut(signature.cert_serial_number),
  });
}

function generatorOf(manifest: Manifest): string | undefined {
  const named = (manifest.claim_generator_info ?? []).map(({ name, version }) => [name, version].filter(Boolean).join(' '));
  return cut(named.filter(Boolean).join(', ')) ?? cut(manifest.claim_generator);
}

const lastPart = (address: string | undefined) => cut(address?.slice(address.lastIndexOf('/') + 1));

function actionsOf(manifest: Manifest): ContentCredentials['actions'] {
  return manifest.assertions
    .flatMap(({ data }) => data?.actions ?? [])
    .slice(0, MOST_ENTRIES)
    .map((one) => {
      const agent = one.softwareAgent;
      const software = typeof agent === 'string' ? agent : [agent?.name, agent?.version].filter(Boolean).join(' ');
      return {
        action: one.action.replace(/^c2pa\./, '').slice(0, 1000),
        ...present({
          when: cut(one.when),
          software: cut(software),
          source: lastPart(one.digitalSourceType),
          note: cut(one.description ?? one.parameters?.description ?? one.parameters?.name),
        }),
      };
    });
}

function authorsOf(manifest: Manifest): string[] {
  const names = manifest.assertions.flatMap(({ data }) => data?.author ?? []).map(({ name }) => cut(name));
  return [...new Set(names)].filter((name) => name !== undefined).slice(0, MOST_ENTRIES);
}

/** The report of the C2PA library as people need it. */
export function describeStore(json: string): ContentCredentials {
  const store = ManifestStore.parse(JSON.parse(json));
  const manifest = store.manifests[store.active_manifest ?? ''];
  if (!manifest) return unchecked('unreadable');
  const active = store.validation_results?.activeManifest;
  const found = active?.failure ?? store.validation_status ?? [];
  const problems = found
    .filter(({ code }) => code !== NO_TRUST_LIST)
    .slice(0, MOST_ENTRIES)
    .map(({ code, explanation }) => ({ code: code.slice(0, 1000), explanation: explanation?.slice(0, 1000) ?? '' }));
  return {
    state: stateOf(store, problems),
    ...present({
      signer: signerOf(manifest),
      signedAt: cut(manifest.signature_info?.time),
      generator: generatorOf(manifest),
      title: cut(manifest.title),
    }),
    timeStamped: active?.success?.some(({ code }) => code === 'timeStamp.validated') ?? false,
    authors: authorsOf(manifest),
    actions: actionsOf(manifest),
    ingredients: (manifest.ingredients ?? []).slice(0, MOST_ENTRIES).map((one) => ({
      relationship: cut(one.relationship) ?? '',
      signed: one.active_manifest !== undefined,
      ...present({ title: cut(one.title), format: cut(one.format) }),
    })),
    records: Object.keys(store.manifests).length,
    problems,
  };
}

/**
 * Reads and checks the Content Credentials of a file.
 * @param tags what ExifTool and the quick reader found; they say whether there is anything to check
 * @returns undefined for files without a record
 */
export async function readCredentials(path: string, sniffed: Sniffed, tags: readonly Tag[]): Promise<ContentCredentials | undefined> {
  const isInside = tags.some(({ key, value }) => key === 'JUMBF:JUMDLabel' && /^c2pa$/i.test(value.trim()));
  if (!isInside) {
    const link = tags.find(({ key }) => /^XMP[\w-]*:Provenance$/.test(key));
    return link ? unchecked('elsewhere', { url: link.value.slice(0, 1000) }) : undefined;
  }
  if (sniffed.sizeBytes > LARGEST_BYTES) return unchecked('tooLarge');
  try {
    // Loaded here: few files carry a record, and the library is large.
    const { readManifestStore } = await import('../binaries/c2pa.ts');
    const json = await readManifestStore(path, FORMATS[sniffed.format].mime, sniffed.sizeBytes);
    return json === undefined ? unchecked('unreadable') : describeStore(json);
  } catch (thrown) {
    const explanation = thrown instanceof Error ? thrown.message.slice(0, 1000) : '';
    return unchecked('unreadable', { problems: [{ code: 'general.error', explanation }] });
  }
}
