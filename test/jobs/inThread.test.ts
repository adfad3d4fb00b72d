import { describe, expect, it } from 'vitest';
import { inThread } from '../../src/jobs/thread/inThread.ts';

/** A thread's program; `report` sends, `orders` are listened to. */
const program = (body: string) =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`
      import { parentPort, workerData } from 'node:worker_threads';
      const report = (message) => parentPort.postMessage(message);
      const fail = (error) => report({ type: 'failed', error });
      ${body}`)}`,
  );

async function run(body: string, signal = new AbortController().signal) {
  const events: unknown[] = [];
  const crashes: number[] = [];
  const start = { work: 'search', args: { n: 7 } };
  const worker = inThread(start, {
    heapMb: 30,
    onCrash: (threadId) => crashes.push(threadId),
    entry: program(body),
  });
  const outcome = await worker(async (event) => void events.push(event), signal).then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  );
  return { events, crashes, ...outcome };
}

describe('work in a thread', () => {
  it('is given its arguments, and gives its events and its result', async () => {
    const outcome = await run(`
      report({ type: 'event', event: workerData.args.n });
      report({ type: 'result', result: [workerData.work] });`);
    expect(outcome).toEqual({ events: [7], crashes: [], result: ['search'] });
  });

  it('has an error of its own class and code', async () => {
    const sent = `{ name: 'EnasTorchError', code: 'ERR_DATA', message: 'no data', stack: 'there' }`;
    expect(await run(`fail(${sent});`)).toMatchObject({
      crashes: [],
      error: { name: 'EnasTorchError', code: 'ERR_DATA', message: 'no data', stack: 'there' },
    });
  });

  it('is told to stop, and the reason is in the AbortError', async () => {
    const controller = new AbortController();
    const stopped = run(
      `parentPort.on('message', ({ type }) => {
        if (type === 'abort') fail({ name: 'AbortError', message: 'stopped' });
        parentPort.close();
      });`,
      controller.signal,
    );
    controller.abort('enough');
    expect(await stopped).toMatchObject({
      error: { name: 'AbortError', code: 'ERR_ABORTED', cause: 'enough' },
    });
    expect(await run('', AbortSignal.abort('before'))).toMatchObject({
      crashes: [],
      error: { name: 'AbortError', cause: 'before' },
    });
  });

  it.each([
    ['throws', `throw new RangeError('unforeseen');`, 'ERR_THREAD', /unforeseen/],
    ['throws later', `setTimeout(() => { throw new Error('late'); });`, 'ERR_THREAD', /late/],
    ['exits', 'process.exit(3);', 'ERR_THREAD', /exit code 3/],
    ['ends without a result', '', 'ERR_THREAD', /exit code 0/],
    [
      'uses up its heap',
      'const kept = []; for (;;) kept.push(new Array(1e5).fill({}));',
      'ERR_OUT_OF_MEMORY',
      /heap/,
    ],
  ])('that %s is an error of that work alone, and a crash', async (_, body, code, message) => {
    const { error, crashes } = (await run(body)) as { error: Error; crashes: number[] };
    expect(error).toMatchObject({ name: 'EnasTorchError', code });
    expect(error.message).toMatch(message);
    expect(crashes).toEqual([expect.any(Number)]);
  });

  it('says with every event taken that another may be sent', async () => {
    const outcome = await run(`
      let taken = 0;
      parentPort.on('message', ({ type, count }) => {
        if (type === 'taken') taken += count;
        if (taken < 3) return;
        report({ type: 'result', result: taken });
        parentPort.close();
      });
      for (const event of [1, 2, 3]) report({ type: 'event', event });`);
    expect(outcome).toMatchObject({ events: [1, 2, 3], result: 3 });
  });
});
