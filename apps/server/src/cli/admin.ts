import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { toAppError } from '@pingplex/shared/errors';
import type { Db } from '../db/client.ts';
import { type Answer, creditsGrant, generationTrace, ledgerCheck, ledgerExplain, userShow } from './commands.ts';
import { connect } from './connect.ts';

const HELP = `admin <command> [--data DIR]
  user show <email|id>                        account, wallet, generations by state
  credits grant <email|id> <amount> --reason TEXT --key KEY [--expires DAYS]
                                              gives credits once per key; a negative amount takes them (write it after --)
  ledger check                                every invariant of the ledger and of the line
  ledger explain <email|id>                   every movement with its entries and running balances
  generation trace <id>                       attempts, hold, movements, results; never the prompt
  --data DIR   the embedded database of this folder, running or not (default: DATABASE_URL, else .pingplex/server)
  --help       this text
Answers are JSON. Exit code: 0 all well, 1 the answer is bad news (a broken invariant, nobody found), 2 wrong usage.
`;

class Usage extends Error {}

type Flags = { reason?: string | undefined; key?: string | undefined; expires?: string | undefined };

function commandOf(words: readonly string[], flags: Flags): (db: Db) => Promise<Answer> {
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
    case 'credits grant': {
      const who = need(first, 'an e-mail address or id');
      const amount = whole(need(second, 'an amount'), 'the amount');
      const [reason, key] = [need(flags.reason, '--reason'), need(flags.key, '--key')];
      const expiry = flags.expires === undefined ? {} : { expiresInDays: whole(flags.expires, '--expires') };
      return (db) => creditsGrant(db, who, amount, { reason, key, operator: userInfo().username, ...expiry });
    }
    case 'ledger check':
      return ledgerCheck;
    case 'ledger explain': {
      const who = need(first, 'an e-mail address or id');
      return (db) => ledgerExplain(db, who);
    }
    case 'generation trace': {
      const id = need(first, 'an id');
      return (db) => generationTrace(db, id);
    }
    default:
      throw new Usage(`unknown command: ${words.join(' ') || '(none)'}`);
  }
}

function whole(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value === 0) throw new Usage(`${name} must be a whole number other than 0`);
  return value;
}

async function main(): Promise<number> {
  let parsed: { values: Flags & { data?: string | undefined; help?: boolean | undefined }; positionals: string[] };
  let command: (db: Db) => Promise<Answer>;
  try {
    const text = { type: 'string' } as const;
    parsed = parseArgs({
      allowPositionals: true,
      options: { data: text, reason: text, key: text, expires: text, help: { type: 'boolean' } },
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
    const { db, close } = await connect(parsed.values.data);
    try {
      const { ok, data } = await command(db);
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
