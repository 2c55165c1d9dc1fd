import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pinnedNode, ROOT, SERVER, toolEnvironment } from './paths.mjs';

/** Where a checkout keeps its own server's data. */
export const SERVER_DATA = path.join(ROOT, '.pingplex', 'server');

/** Program and arguments that start the backend. */
export function serverCommand(args) {
  return [pinnedNode(), [path.join(SERVER, 'src', 'index.ts'), ...args]];
}

/**
 * Starts the backend and waits until it serves.
 * @param {string[]} args arguments of `npm run server`
 * @returns {Promise<{ready: {url: string}, stop(): Promise<void>}>} ready: the line that the server printed
 */
export function startServer(args) {
  const [command, all] = serverCommand(args);
  const child = spawn(command, all, { cwd: ROOT, env: toolEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk) => {
    log = (log + chunk).slice(-20_000);
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}:\n${log.slice(-2000)}`)));
    createInterface({ input: child.stdout }).once('line', (line) => {
      resolve({
        ready: JSON.parse(line),
        stop: async () => {
          child.kill('SIGTERM');
          await ended;
        },
      });
    });
  });
}
