import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { AbortError } from '../../src/errors/abortError.ts';
import { inProcess } from '../../src/jobs/inProcess.ts';
import { Job, type Progress } from '../../src/jobs/job.ts';
import type { Work } from '../../src/jobs/work/context.ts';

class Last implements Progress<number, number | null> {
  value: number | null = null;
  update(event: number): void {
    this.value = event;
  }
}

const counting: Work<number, number, string> = async function* (to, { signal }) {
  for (let i = 1; i <= to; i++) {
    await setTimeout(1);
    if (signal.aborted) throw new AbortError('stopped', { cause: signal.reason });
    yield i;
  }
  return `counted to ${to}`;
};

const job = (to: number, signal?: AbortSignal) =>
  new Job(
    inProcess(async () => counting, to),
    new Last(),
    signal,
  );

describe('a job', () => {
  it('is begun at once and comes to its result, watched or not', async () => {
    expect(await job(3).result()).toBe('counted to 3');
  });

  it('gives all its events to whoever iterates at once, and knows its progress', async () => {
    const counter = job(4);
    const seen: (readonly [number, number | null])[] = [];
    for await (const event of counter) seen.push([event, counter.progress]);
    expect(seen.map(([event]) => event)).toEqual([1, 2, 3, 4]);
    for (const [event, progress] of seen) expect(progress).toBeGreaterThanOrEqual(event);
    expect(await counter.result()).toBe('counted to 4');
    expect(counter.progress).toBe(4);
  });

  it('goes on when a reader leaves', async () => {
    const counter = job(5);
    for await (const event of counter) if (event === 2) break;
    expect(await counter.result()).toBe('counted to 5');
  });

  it('is stopped by its signal or by abort(), with an AbortError that says why', async () => {
    const controller = new AbortController();
    const bySignal = job(1e9, controller.signal);
    const byCall = job(1e9);
    const reason = new Error('enough');
    controller.abort(reason);
    byCall.abort(reason);
    for (const stopped of [bySignal, byCall]) {
      const error = await stopped.result().catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(AbortError);
      expect(error).toMatchObject({ name: 'AbortError', code: 'ERR_ABORTED', cause: reason });
    }
  });

  it('is stopped though a reader has stopped reading', async () => {
    let made = 0;
    const endless: Work<null, number, never> = async function* (_, { signal }) {
      for (;;) {
        if (signal.aborted) throw new AbortError('stopped');
        yield ++made;
      }
    };
    const work = new Job(
      inProcess(async () => endless, null),
      new Last(),
    );
    const reader = work[Symbol.asyncIterator]();
    await reader.next();
    await setTimeout(20);
    const before = made;
    await setTimeout(20);
    expect(made).toBe(before);
    work.abort();
    await expect(work.result()).rejects.toThrow(AbortError);
  });

  it('throws what its work throws, to readers and to who waits, and to nobody if nobody asks', async () => {
    const failing = () =>
      new Job(async () => {
        throw new TypeError('broken');
      }, new Last());
    failing();
    const watched = failing();
    await expect(
      (async () => {
        for await (const _ of watched);
      })(),
    ).rejects.toThrow('broken');
    await expect(watched.result()).rejects.toThrow(TypeError);
  });
});
