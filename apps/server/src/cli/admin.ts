import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { toAppError } from '@pingplex/shared/errors';
import type { Db } from '../db/client.ts';
import { endTwoFactor } from './account-commands.ts';
import { modelList, modelReset, modelSet, providerCheck, providerLimit, providerShow } from './catalogue-commands.ts';
import { type Answer, creditsGrant, generationTrace, ledgerCheck, ledgerExplain, userShow } from './commands.ts';
import { connect } from './connect.ts';
import { keysRotate } from './key-commands.ts';
import { PAYMENT_HELP, paymentCommand } from './payment-commands.ts';

const HELP = `admin <command> [--data DIR]
  user show <email|id>                        account, wallet, generations by state
  user end-two-factor <email|id> --reason TEXT
                                              for somebody who lost app and recovery codes; they get a mail
  credits grant <email|id> <amount> --reason TEXT --key KEY [--expires DAYS]
                                              gives credits once per key; a negative amount takes them (write it after --)
  ledger check                                every invariant of the ledger and of the line
  ledger explain <email|id>                   every movement with its entries and running balances
  keys rotate                                 signs access tokens with the next key from now on; nobody is signed out
  generation trace <id>                       attempts, hold, movements, results; never the prompt
  model list                                  the catalogue as it stands, with what was changed
  model set <id> <JSON>                       changes price, limits, dates, names of a model, or makes one like another
  model reset <id>                            takes the changes back
  provider list                               limits, pauses and what runs
  provider limit <name> [--slots N] [--per-minute N]
                                              tasks at once, requests per minute; left out: as the program has it
  provider check                              the cheapest real call to every provider that has a key
${PAYMENT_HELP}  --data DIR   the embedded database of this folder, running or not (default: DATABASE_URL, else .pingplex/server)
  --help       this text
Answers are JSON. Exit code: 0 all well, 1 the answer is bad news (a broken invariant, nobody found), 2 wrong usage.
`;

class Usage extends Error {}

type Flags = Partial<Record<'reason' | 'key' | 'credits' | 'expires' | 'slots' | 'per-minute' | 'data', string | undefined>>;

type Command = (db: Db, databaseUrl: string) => Promise<Answer>;

function commandOf(words: readonly string[], flags: Flags): Command {
  const [area, verb, first, second] = words;
  const need = (value: string | undefined, name: string): string => {
    if (value === undefined || value === '') throw new Usage(`${area} ${verb} needs ${name}`);
    return value;
  };
  switch (`${area} ${verb}`) {
    case 'user show': {
      const who = need(first, 'an e-mail address or id');
      return (db) => userShow(db, who);
    }
    case 'user end-two-factor': {
      const who = need(first, 'an e-mail address or id');
      const given = { reason: need(flags.reason, '--reason'), operator: userInfo().username };
      return (db) => endTwoFactor(db, who, given);
    }
    case 'credits grant': {
      const who = need(first, 'an e-mail address or id');
      const amount = whole(need(second, 'an amount'), 'the amount');
      const [reason, key] = [need(flags.reason, '--reason'), need(flags.key, '--key')];
      const expiry = flags.expires === undefined ? {} : { expiresInDays: whole(flags.expires, '--expires') };
      return (db) => creditsGrant(db, who, amount, { reason, key, operator: userInfo().username, ...expiry });
    }
    case 'keys rotate':
      return (db) => keysRotate(db, flags.data);
    case 'ledger check':
      return ledgerCheck;
    case 'ledger explain': {
      const who = need(first, 'an e-mail address or id');
      return (db) => ledgerExplain(db, who);
    }
    case 'model list':
      return modelList;
    case 'model set': {
      const [id, json] = [need(first, 'an id'), need(second, 'a JSON text')];
      return (db) => modelSet(db, id, json, userInfo().username);
    }
    case 'model reset': {
      const id = need(first, 'an id');
      return (db) => modelReset(db, id);
    }
    case 'provider list':
      return providerShow;
    case 'provider limit': {
      const name = need(first, 'a name');
      const limits = { slots: optional(flags.slots, '--slots'), perMinute: optional(flags['per-minute'], '--per-minute') };
      return (db) => providerLimit(db, name, limits);
    }
    case 'provider check':
      return (db) => providerCheck(db, flags.data);
    case 'generation trace': {
      const id = need(first, 'an id');
      return (db) => generationTrace(db, id);
    }
    default: {
      const command = paymentCommand(words, flags, need, userInfo().username);
      if (command !== null) return command;
      throw new Usage(`unknown command: ${words.join(' ') || '(none)'}`);
    }
  }
}

function whole(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value === 0) throw new Usage(`${name} must be a whole number other than 0`);
  return value;
}

/** A whole number from 1 on, or null when it isn't given. */
function optional(text: string | undefined, name: string): number | null {
  if (text === undefined) return null;
  const value = whole(text, name);
  if (value < 1) throw new Usage(`${name} must be a whole number from 1 on`);
  return value;
}

async function main(): Promise<number> {
  let parsed: { values: Flags & { data?: string | undefined; help?: boolean | undefined }; positionals: string[] };
  let command: Command;
  try {
    const text = { type: 'string' } as const;
    parsed = parseArgs({
      allowPositionals: true,
      options: {
        data: text,
        reason: text,
        key: text,
        expires: text,
        credits: text,
        slots: text,
        'per-minute': text,
        help: { type: 'boolean' },
      },
    });
    if (parsed.values.help) {
      process.stdout.write(HELP);
      return 0;
    }
    command = commandOf(parsed.positionals, parsed.values);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    return 2;
  }
  try {
    const { db, url, close } = await connect(parsed.values.data);
    try {
      const { ok, data } = await command(db, url);
      process.stdout.write(`${JSON.stringify(data, (_key, value) => (typeof value === 'bigint' ? Number(value) : value), 2)}\n`);
      return ok ? 0 : 1;
    } finally {
      await close();
    }
  } catch (error) {
    const { code, message } = toAppError(error);
    process.stderr.write(`${JSON.stringify({ error: { code, message } })}\n`);
    return 1;
  }
}

process.exitCode = await main();
