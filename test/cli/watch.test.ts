import { expect, test } from 'vitest';
import { watch } from '../../src/cli/watch.ts';
import { EnasTorchError } from '../../src/errors/error.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { done, epochEvents, start, stream } from '../report/events.ts';
import { Paper } from '../report/screen.ts';
import { temporaryFolder } from '../run/temporary.ts';
import { Spawned } from './spawned.ts';

const events: RunEvent[] = [start(), ...epochEvents(1, 0), ...epochEvents(2, 35), done(70)];
const watchModule = new URL('../../dist/cli/watch.js', import.meta.url).href;
const exitModule = new URL('../../dist/cli/exit.js', import.meta.url).href;

function host(isTTY = false, env: Record<string, string> = {}) {
  const [stdout, stderr] = [new Paper(), new Paper()];
  stdout.isTTY = isTTY;
  return {
    papers: { stdout, stderr },
    host: { stdout: stdout.output, stderr: stderr.output, env },
  };
}

test('with --json standard output is events alone, the last of them done', async () => {
  const { papers, host: given } = host(true);
  await watch(given, { json: true }, () => stream(events));
  const lines = papers.stdout.text.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual(events);
  expect(JSON.parse(lines.at(-1)!).type).toBe('done');
  expect(papers.stderr.text).toBe('');
});

test('with --quiet there is the result and nothing before it', async () => {
  const { papers, host: given } = host(true);
  await watch(given, { quiet: true }, () => stream(events));
  expect(papers.stdout.text).toMatch(/^\nbest architecture/);
});

test('a terminal gets the display, a pipe and a terminal that cannot move its cursor get lines', async () => {
  const terminal = host(true);
  const pipe = host(false);
  const dumb = host(true, { TERM: 'dumb' });
  for (const each of [terminal, pipe, dumb]) await watch(each.host, {}, () => stream(events));
  expect(terminal.papers.stdout.text).toContain('\x1b[?25l');
  expect(pipe.papers.stdout.text).not.toContain('\x1b');
  expect(dumb.papers.stdout.text).toBe(pipe.papers.stdout.text);
  for (const each of [terminal, pipe]) expect(each.papers.stdout.text).toContain('best.json');
});

test('NO_COLOR is respected', async () => {
  const { papers, host: given } = host(true, { NO_COLOR: '1' });
  await watch(given, {}, () => stream(events));
  expect(papers.stdout.text).not.toContain('\x1b[1m');
});

test('a failure of the run goes on to the caller, and so does an end without a result', async () => {
  const failure = new EnasTorchError('ERR_TORCH', 'out of memory');
  async function* failing(): AsyncGenerator<RunEvent> {
    yield start();
    throw failure;
  }
  await expect(watch(host().host, {}, failing)).rejects.toBe(failure);
  await expect(watch(host().host, {}, () => stream([start()]))).rejects.toThrow(
    'the run ended without a result',
  );
  expect(process.listenerCount('SIGINT')).toBe(0);
});

/** Watches a run that goes on until its signal is aborted, and then does `afterAbort`. */
function endless(afterAbort: string): Spawned {
  return Spawned.script(
    `import { setTimeout as sleep } from 'node:timers/promises';
     import { watch } from ${JSON.stringify(watchModule)};
     import { fail } from ${JSON.stringify(exitModule)};
     async function* events(signal) {
       yield { type: 'warning', step: 0, epoch: 0, elapsed: 0, code: 'x', message: 'running' };
       while (!signal.aborted) {
         await sleep(5);
         yield { type: 'epoch:start', step: 0, epoch: 1, elapsed: 0, lr: 1 };
       }
       ${afterAbort}
     }
     try { await watch(process, {}, events); }
     catch (error) { process.exitCode = await fail(error, process); }`,
    temporaryFolder(),
  );
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s lets the run end in good order, with code %d', async (name, code) => {
  const spawned = endless("console.error('checkpoint written'); throw signal.reason;");
  await spawned.shows('running');
  spawned.child.kill(name);
  const outcome = await spawned.outcome();
  expect(outcome.stderr).toBe('stopping (Ctrl-C again stops at once)\ncheckpoint written\n');
  expect(outcome.code).toBe(code);
});

test('a second Ctrl-C ends at once', async () => {
  const spawned = endless('await sleep(1_000_000);');
  await spawned.shows('running');
  spawned.child.kill('SIGINT');
  await spawned.shows('stopping');
  spawned.child.kill('SIGINT');
  expect((await spawned.outcome()).code).toBe(130);
});
