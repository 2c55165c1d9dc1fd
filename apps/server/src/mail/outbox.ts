import type { Db, Tx } from '../db/client.ts';
import type { MailOutbox } from '../db/generated/client.ts';
import type { Logger } from '../observability/logger.ts';
import type { Queue } from '../queue/queue.ts';
import type { Letter, MailTransport } from './transport.ts';

const QUEUE = 'mail.deliver';
const MAX_ATTEMPTS = 12;
const BATCH = 10;
/** A claimed mail is free again after this long: its worker died. */
const CLAIM_MS = 120_000;

type OutboxMail = { recipient: string; template: string; locale: string; values?: Record<string, string> };
/**
 * Writes the letter at the moment of sending; null: nothing is to be sent (no such account, say). May be asked again for the same
 * mail when sending failed.
 */
export type Composer = (mail: { recipient: string; locale: 'en' | 'ru'; values: Record<string, string> }) => Promise<Letter | null>;

export type Outbox = {
  /** Queues a mail; it exists exactly when the transaction commits. */
  add(tx: Tx, mail: OutboxMail): Promise<void>;
};

/**
 * The asking side.
 * @param publicUrl start of the links in mails: configured, or where this process listens; null while it does not. Goes along with
 * each mail, because a worker of a development server can't know it
 */
export function createOutbox(queue: Queue, publicUrl: () => string | null): Outbox {
  queue.declare(QUEUE, { policy: 'short', expireInS: 300, retryLimit: 3, concurrency: 1 });
  return {
    async add(tx, mail) {
      await tx.mailOutbox.create({ data: { ...mail, values: { ...mail.values, publicUrl: publicUrl() ?? '' } } });
      await queue.enqueue(QUEUE, {}, { tx, key: 'due' });
    },
  };
}

export type SenderDeps = { db: Db; queue: Queue; transport: MailTransport; logger: Logger; composers: Readonly<Record<string, Composer>> };

/**
 * Sends what is due, at least once each: after a crash between sending and noting it, a mail goes out a second time.
 * The queue's jobs are for speed only: a sweep each minute finds what a lost one left behind.
 */
export function startSending(deps: SenderDeps): void {
  deps.queue.schedule(QUEUE, '* * * * *');
  deps.queue.handle(QUEUE, async (job) => {
    for (let mails = await claim(deps.db); mails.length > 0 && !job.signal.aborted; mails = await claim(deps.db)) {
      for (const mail of mails) await deliver(deps, mail);
    }
  });
}

async function claim(db: Db): Promise<MailOutbox[]> {
  const until = new Date(Date.now() + CLAIM_MS);
  const rows = await db.$queryRaw<{ id: string }[]>`
    UPDATE mail_outbox SET attempts = attempts + 1, next_attempt_at = ${until}
    WHERE id IN (
      SELECT id FROM mail_outbox WHERE next_attempt_at <= now() ORDER BY next_attempt_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
    ) RETURNING id::text`;
  return db.mailOutbox.findMany({ where: { id: { in: rows.map((row) => row.id) } }, orderBy: { createdAt: 'asc' } });
}

async function deliver(deps: SenderDeps, mail: MailOutbox): Promise<void> {
  const done = { nextAttemptAt: null, failure: null };
  try {
    const composer = deps.composers[mail.template];
    if (composer === undefined) throw new Error(`no composer for ${mail.template}`);
    const values = Object.fromEntries(Object.entries(mail.values as Record<string, unknown>).map(([k, v]) => [k, String(v)]));
    const letter = await composer({ recipient: mail.recipient, locale: mail.locale === 'ru' ? 'ru' : 'en', values });
    if (letter === null) {
      // Nobody to write to: the address that a stranger typed is not ours to keep.
      await deps.db.mailOutbox.delete({ where: { id: mail.id } });
      return;
    }
    await deps.transport.send(mail.recipient, letter, mail.id);
    await deps.db.mailOutbox.update({ where: { id: mail.id }, data: { ...done, sentAt: new Date() } });
  } catch (error) {
    const isOver = mail.attempts >= MAX_ATTEMPTS;
    const delayS = Math.min(3600, 2 ** mail.attempts);
    const { code } = error as { code?: unknown };
    const failure = typeof code === 'string' ? code.slice(0, 60) : 'error';
    const nextAttemptAt = isOver ? null : new Date(Date.now() + delayS * 1000);
    deps.logger.warn(
      { err: error, template: mail.template, attempt: mail.attempts },
      isOver ? 'mail given up' : 'mail failed, will try again',
    );
    await deps.db.mailOutbox.update({ where: { id: mail.id }, data: { nextAttemptAt, failure } });
    if (!isOver) await deps.queue.enqueue(QUEUE, {}, { delayS, key: mail.id });
  }
}
