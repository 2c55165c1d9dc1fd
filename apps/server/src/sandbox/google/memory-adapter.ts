import type { Adapter, AdapterPayload } from 'oidc-provider';

type Entry = { payload: AdapterPayload; endsAt: number };

/** What the stand-in remembers, until it ends. One store for each kind of thing, told apart by `name`. */
export function memoryAdapters(): (name: string) => Adapter {
  const entries = new Map<string, Entry>();
  const find = (matches: (payload: AdapterPayload) => boolean): AdapterPayload | undefined =>
    [...entries.values()].find((entry) => entry.endsAt > Date.now() && matches(entry.payload))?.payload;
  return (name) => {
    const key = (id: string): string => `${name}:${id}`;
    return {
      async upsert(id, payload, expiresIn) {
        entries.set(key(id), { payload, endsAt: expiresIn ? Date.now() + expiresIn * 1000 : Number.POSITIVE_INFINITY });
      },
      async find(id) {
        const entry = entries.get(key(id));
        return entry !== undefined && entry.endsAt > Date.now() ? entry.payload : undefined;
      },
      findByUid: async (uid) => find((payload) => payload.uid === uid),
      findByUserCode: async (userCode) => find((payload) => payload.userCode === userCode),
      async consume(id) {
        const entry = entries.get(key(id));
        if (entry !== undefined) entry.payload = { ...entry.payload, consumed: Math.floor(Date.now() / 1000) };
      },
      async destroy(id) {
        entries.delete(key(id));
      },
      async revokeByGrantId(grantId) {
        for (const [id, entry] of entries) if (entry.payload.grantId === grantId) entries.delete(id);
      },
    };
  };
}
