import type { ElectronApplication, Page } from 'playwright';

/** Begins a CPU profile of main. @returns ends it and answers with the profile's JSON, for the developer tools of a browser */
export async function profileMain(app: ElectronApplication): Promise<() => Promise<string>> {
  await app.evaluate(async () => {
    const { Session } = process.getBuiltinModule('node:inspector');
    const session = new Session();
    session.connect();
    const post = (method: string, params?: object) =>
      new Promise<unknown>((resolve, reject) => session.post(method, params, (error, result) => (error ? reject(error) : resolve(result))));
    await post('Profiler.enable');
    await post('Profiler.setSamplingInterval', { interval: 1000 });
    await post('Profiler.start');
    (globalThis as { endProfile?: () => Promise<unknown> }).endProfile = () => post('Profiler.stop');
  });
  return async () =>
    await app.evaluate(async () => {
      const answer = (await (globalThis as { endProfile?: () => Promise<unknown> }).endProfile?.()) as { profile: unknown };
      return JSON.stringify(answer.profile);
    });
}

/** Begins a CPU profile of the window. @returns ends it and answers with the profile's JSON */
export async function profileWindow(page: Page): Promise<() => Promise<string>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Profiler.enable');
  await session.send('Profiler.setSamplingInterval', { interval: 1000 });
  await session.send('Profiler.start');
  return async () => JSON.stringify((await session.send('Profiler.stop')).profile);
}
