import { spawn } from 'node:child_process';
import { ROOT } from './paths.mjs';

/** A command that ended with something else than 0. `exitCode` is its code, `output` what it printed when it was captured. */
export class CommandFailed extends Error {
  constructor(command, exitCode, output) {
    super(`${command} ended with ${exitCode}`);
    this.exitCode = exitCode;
    this.output = output;
  }
}

/**
 * Runs a program without a shell and waits for it.
 * @param {string} command program
 * @param {string[]} args arguments
 * @param {{env?: object, cwd?: string, quiet?: boolean, input?: string, allowFailure?: boolean}} options quiet: collect the output instead of showing it
 * @returns {Promise<{exitCode: number, output: string}>}
 */
export function run(command, args, options = {}) {
  const { env = process.env, cwd = ROOT, quiet = false, input, allowFailure = false } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: [input === undefined ? 'inherit' : 'pipe', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
      // npm is a .cmd on Windows, which only a shell can start.
      shell: process.platform === 'win32' && !command.endsWith('.exe'),
    });
    let output = '';
    child.stdout?.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      output += chunk;
    });
    if (input !== undefined) child.stdin.end(input);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const exitCode = code ?? (signal ? 128 : 1);
      if (exitCode === 0 || allowFailure) resolve({ exitCode, output });
      else reject(new CommandFailed([command, ...args].join(' '), exitCode, output));
    });
  });
}

/** Starts the program that this script stands for, hands our signals on, and ends as it ends. */
export function become(command, args, options = {}) {
  const child = spawn(command, args, { cwd: options.cwd ?? ROOT, env: options.env ?? process.env, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  child.on('close', (code, signal) => process.exit(code ?? (signal ? 128 : 1)));
}

/** One line on standard error, so that standard output stays for results. */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

/** Prints an error as a person wants to read it and ends with 1. */
export function fail(error) {
  if (error?.output) say(String(error.output).trim().split('\n').slice(-40).join('\n'));
  say(`\n${error?.message ?? error}`);
  process.exit(1);
}

/**
 * Ends with 2 when an option is none that the command knows: a mistyped one must not start minutes of work.
 * @param {string[]} args arguments as given
 * @param {Record<string, boolean>} known option → whether a value follows it
 */
export function refuseUnknownOptions(args, known) {
  for (let at = 0; at < args.length; at++) {
    const takesValue = known[args[at]];
    if (takesValue === undefined || (takesValue && args[at + 1] === undefined)) {
      say(takesValue ? `${args[at]} needs a value. See --help.` : `Unknown option: ${args[at]}. See --help.`);
      process.exit(2);
    }
    if (takesValue) at++;
  }
}
