import path from 'node:path';
import { ProcessorId } from '@pingplex/shared/contracts/http';
import { AppError } from '@pingplex/shared/errors';
import { DEFAULT_DATA_FOLDER, loadConfig } from '../config/config.ts';
import type { Db } from '../db/client.ts';
import { setParallel } from '../modules/generations/service.ts';
import * as payments from '../modules/payments/service.ts';
import { createProcessors, type ProcessorConnections } from '../processors/connections.ts';
import { readStandIns, standInConnections } from '../processors/stand-ins.ts';
import { createStripeEndpoint } from '../processors/stripe/adapter.ts';
import { createQueue } from '../queue/pg-boss-queue.ts';
import { type Answer, findUser } from './commands.ts';

export const PAYMENT_HELP = `  payment list <email|id>                     subscriptions, purchases, payments with refunds and disputes
  payment show <id>                           one of them, by our id or the processor's, with grants and messages
  payment apply <processor> <type> <id>       reads it back from the processor and writes what it says (type: checkout, subscription,
                                              charge, refund, dispute)
  payment refund <id> <amount> --reason TEXT --key KEY [--credits N]
                                              sends minor units back, once per key; their credits go first
  payment accept <id> --reason TEXT           gives the credits of a payment that waits for a look
  payment dispute <id> <open|won|lost> --reason TEXT --key KEY
                                              for processors that tell of disputes by mail
  payment alerts                              what waits for you; exit code 1 while something does
  payment resolve <alert> --reason TEXT       you have seen to it
  payment endpoint stripe <https address of this server>
                                              makes the webhook endpoint and tells its secret, once
  webhook list [new|done|ignored|failed]      messages of processors (default: failed)
  webhook apply <id>                          applies a stored message again
`;

export type PaymentFlags = {
  reason?: string | undefined;
  key?: string | undefined;
  credits?: string | undefined;
  data?: string | undefined;
};
type Need = (value: string | undefined, name: string) => string;
type Command = (db: Db, databaseUrl: string) => Promise<Answer>;

const REF_TYPES = ['checkout', 'subscription', 'charge', 'refund', 'dispute'] as const;
const MESSAGE_STATES = ['new', 'done', 'ignored', 'failed'] as const;

/** The command that these words ask for, or null when it is none about payments. @param need throws when a word is missing */
export function paymentCommand(words: readonly string[], flags: PaymentFlags, need: Need, operator: string): Command | null {
  const [area, verb, first, second, third] = words;
  const order = (): payments.Order => ({ operator, reason: need(flags.reason, '--reason'), key: need(flags.key, '--key') });
  const among = <T extends string>(value: string | undefined, values: readonly T[]): T => {
    const found = values.find((v) => v === value);
    return found ?? (need(undefined, `one of ${values.join(', ')}`) as T);
  };
  const minor = (value: string | undefined, name: string): number => {
    const number = Number(need(value, name));
    return Number.isInteger(number) && number > 0 ? number : Number(need(undefined, `${name} as a whole number`));
  };
  switch (`${area} ${verb}`) {
    case 'payment list': {
      const who = need(first, 'an e-mail address or id');
      return async (db) => good(await payments.listBilling(db, (await findUser(db, who)).id));
    }
    case 'payment show': {
      const id = need(first, 'an id');
      return async (db) => good(await payments.showPayment(db, id));
    }
    case 'payment apply': {
      const [processor, type, id] = [among(first, ProcessorId.options), among(second, REF_TYPES), need(third, 'an id')];
      return withDeps(flags, async (deps) => {
        const outcome = await payments.applyByHand(deps, processor, { type, id });
        return { ok: outcome.found, data: outcome };
      });
    }
    case 'payment refund': {
      const [id, amount, credits] = [need(first, "a payment's id"), minor(second, 'an amount'), flags.credits];
      const given = { ...order(), ...(credits === undefined ? {} : { credits: minor(credits, '--credits') }) };
      return withDeps(flags, async (deps) => good(await payments.refundByHand(deps, id, amount, given)));
    }
    case 'payment accept': {
      const [id, reason] = [need(first, "a payment's id"), need(flags.reason, '--reason')];
      return withDeps(flags, async (deps) => good(await payments.acceptByHand(deps, id, { operator, reason, key: id })));
    }
    case 'payment dispute': {
      const [id, status, given] = [need(first, "a payment's id"), among(second, ['open', 'won', 'lost'] as const), order()];
      return withDeps(flags, async (deps) => good(await payments.disputeByHand(deps, id, status, given)));
    }
    case 'payment alerts':
      return async (db) => {
        const alerts = await payments.openAlerts(db);
        return { ok: alerts.length === 0, data: alerts };
      };
    case 'payment resolve': {
      const [id, reason] = [need(first, "an alert's id"), need(flags.reason, '--reason')];
      return async (db) => good(await payments.resolveAlert(db, id, { operator, reason }));
    }
    case 'payment endpoint': {
      among(first, ['stripe'] as const);
      const url = need(second, 'the address of this server').replace(/\/+$/, '');
      return async () => {
        const { stripe } = await connectionsOf(flags);
        if (!stripe) throw new AppError('billing.processorUnavailable', 'STRIPE_SECRET_KEY is not set');
        return good(await createStripeEndpoint(stripe, `${url}/v1/webhooks/stripe`));
      };
    }
    case 'webhook list': {
      const state = first === undefined ? 'failed' : among(first, MESSAGE_STATES);
      return async (db) => good(await payments.listMessages(db, state));
    }
    case 'webhook apply': {
      const id = need(first, "a message's id");
      return withDeps(flags, async (deps) => good(await payments.replayMessage(deps, id)));
    }
    default:
      return null;
  }
}

const good = (data: unknown): Answer => ({ ok: true, data });

/** The processors of the environment; in sandbox mode the stand-ins that run for the data folder. */
async function connectionsOf(flags: PaymentFlags): Promise<ProcessorConnections> {
  // The secret of messages is not needed to ask; before it is known the endpoint has to be made.
  const config = await loadConfig({ STRIPE_WEBHOOK_SECRETS: 'none', ...process.env }, flags.data === undefined ? {} : { data: flags.data });
  const { stripe, yookassa } = config;
  if (stripe !== null || yookassa !== null) {
    return {
      ...(stripe === null ? {} : { stripe: { ...stripe, isSandbox: false } }),
      ...(yookassa === null ? {} : { yookassa: { ...yookassa, isSandbox: false } }),
    };
  }
  const urls = config.sandbox ? await readStandIns(path.resolve(flags.data ?? DEFAULT_DATA_FOLDER)) : null;
  return urls === null ? {} : standInConnections(urls);
}

/** Everything that the payments module needs, for as long as one command takes. */
function withDeps(flags: PaymentFlags, work: (deps: payments.PaymentDeps) => Promise<Answer>): Command {
  return async (db, databaseUrl) => {
    const queue = createQueue({ databaseUrl, works: false, onError: () => undefined });
    payments.declarePaymentQueues(queue);
    await queue.start();
    const quiet = (): void => undefined;
    const deps: payments.PaymentDeps = {
      db,
      queue,
      processors: createProcessors(await connectionsOf(flags)),
      publicUrl: () => '',
      now: () => new Date(),
      log: { info: quiet, warn: quiet, error: quiet },
      ports: { onPlanChanged: setParallel },
    };
    try {
      return await work(deps);
    } finally {
      await queue.stop(1_000);
    }
  };
}
