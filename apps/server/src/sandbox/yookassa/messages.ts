import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';

/** What happens to messages on their way. */
export const Delivery = z.strictObject({
  copies: z.int().min(0).max(100).default(1),
  delayMs: z.int().min(0).max(600_000).default(0),
});
export type Delivery = z.infer<typeof Delivery>;

/** Messages without any signature, repeated until they are taken. */
export function createMessenger() {
  let rules = Delivery.parse({});
  let url: string | null = null;
  const underway = new Set<Promise<void>>();

  async function deliver(text: string): Promise<void> {
    if (rules.delayMs > 0) await wait(rules.delayMs);
    for (const pauseMs of [0, 200, 1_000]) {
      if (pauseMs > 0) await wait(pauseMs);
      const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: text, signal: AbortSignal.timeout(20_000) };
      const isTaken = await fetch(url ?? '', request).then(
        (answer) => answer.status === 200,
        () => false,
      );
      if (isTaken) return;
    }
  }

  return {
    notify(event: string, object: { id: string; status: string }): void {
      if (url === null) return;
      const text = JSON.stringify({ type: 'notification', event, object });
      for (let n = 0; n < rules.copies; n += 1) {
        const work = deliver(text);
        underway.add(work);
        void work.finally(() => underway.delete(work));
      }
    },
    setUrl(next: string): void {
      url = next;
    },
    setDelivery(next: Delivery): void {
      rules = next;
    },
    async settled(): Promise<void> {
      while (underway.size > 0) await Promise.all(underway);
    },
  };
}
