import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { defineSpace, type RewardContext } from '../../src/custom/defineSpace.ts';
import { search } from '../../src/jobs/search.ts';
import { temporaryFolder } from '../run/temporary.ts';

type Choice = 'a' | 'b' | 'c';
type Arch = Readonly<Record<`d${number}`, Choice>>;

/** Eight decisions of three; a reward for every `c`, and for two equal neighbours. */
const rewardOf = (arch: object): number => {
  const chosen = Object.values(arch) as Choice[];
  const same = chosen.filter((one, i) => i > 0 && one === chosen[i - 1]).length;
  return 1000 * (chosen.filter((one) => one === 'c').length + 0.3 * same);
};

const spaceWith = (reward: (arch: Arch, context: RewardContext) => number | Promise<number>) =>
  defineSpace({
    name: 'letters',
    decisions: Object.fromEntries(
      Array.from({ length: 8 }, (_, i) => [`d${i}`, ['a', 'b', 'c']] as const),
    ) as Readonly<Record<`d${number}`, readonly ['a', 'b', 'c']>>,
    reward,
  });

async function collect<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const withoutClock = (event: object) => ({ ...event, time: '', elapsed: 0 });

/** Lines of the metrics, without what depends on the clock. */
const metricsOf = (run: string) =>
  readFileSync(join(run, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => withoutClock(JSON.parse(line)));

describe('the search of a custom space', () => {
  it('scores as many architectures as asked and gives the best of them', async () => {
    const job = search(spaceWith(rewardOf), { samples: 25, batch: 10 });
    const events = await collect(job);
    const scored = events.filter((event) => event.type === 'space:scored');
    expect(scored.map(({ sample }) => sample)).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
    for (const { arch, reward } of scored) expect(reward).toBe(rewardOf(arch));
    const best = await job.result();
    expectTypeOf(best.arch).toEqualTypeOf<Arch>();
    expect(best.reward).toBe(Math.max(...scored.map(({ reward }) => reward)));
    expect(scored.findLast((event) => event.best)).toMatchObject(best);
    expect(events.filter((event) => event.type === 'space:step')).toHaveLength(3);
    expect(events.at(-1)).toMatchObject({ type: 'space:done', best });
    expect(job.progress).toEqual({ done: 25, total: 25 });
  });

  it('learns: finds the best of 6,561 architectures within 300', async () => {
    for (const seed of [1, 2, 3]) {
      const best = await search(spaceWith(rewardOf), { samples: 300, seed }).result();
      expect(new Set(Object.values(best.arch))).toEqual(new Set(['c']));
    }
  });

  it('learns from the order of the rewards alone, whatever their scale and however far some lie out', async () => {
    const archs = async (rescaled: (reward: number) => number) => {
      const job = search(
        spaceWith((arch) => rescaled(rewardOf(arch))),
        { samples: 60 },
      );
      return (await collect(job)).flatMap((event) =>
        event.type === 'space:scored' ? [event.arch] : [],
      );
    };
    const plain = await archs((reward) => reward);
    for (const rescaled of [
      (reward: number) => 1e-9 * reward - 3,
      (reward: number) => -Math.exp(-reward / 300),
      (reward: number) => reward ** 3,
    ]) {
      expect(await archs(rescaled)).toEqual(plain);
    }
    expect(await archs((reward) => -reward)).not.toEqual(plain);
  });

  it('is the same for the same seed, and waits for rewards that take their time', async () => {
    const slow = spaceWith(async (arch, { sample }) => {
      await setTimeout(sample % 3);
      return rewardOf(arch);
    });
    const inOrder = await collect(search(spaceWith(rewardOf), { samples: 40, seed: 3 }));
    const atOnce = await collect(search(slow, { samples: 40, seed: 3, concurrency: 8 }));
    const other = await collect(search(spaceWith(rewardOf), { samples: 40, seed: 4 }));
    expect(atOnce.map(withoutClock)).toEqual(inOrder.map(withoutClock));
    expect(other.map(withoutClock)).not.toEqual(inOrder.map(withoutClock));
  });

  it('asks for no more rewards at a time than it is told', async () => {
    let now = 0;
    let most = 0;
    const counting = spaceWith(async () => {
      most = Math.max(most, ++now);
      await setTimeout(2);
      now--;
      return Math.random();
    });
    await search(counting, { samples: 20, concurrency: 3 }).result();
    expect(most).toBe(3);
  });

  it('kept in a folder, stopped and resumed, equals the one never stopped', async () => {
    const [stopped, whole] = [temporaryFolder(), temporaryFolder()];
    const options = { samples: 60, batch: 7, seed: 2 };
    const expected = await search(spaceWith(rewardOf), { ...options, out: whole }).result();
    for (const at of [3, 20, 41]) {
      const controller = new AbortController();
      const stopping = spaceWith((arch, { sample }) => {
        if (sample === at) controller.abort('enough');
        return rewardOf(arch);
      });
      const { signal } = controller;
      const job = search(stopping, { ...options, out: stopped, resume: true, signal });
      await expect(job.result()).rejects.toMatchObject({
        name: 'AbortError',
        message: expect.stringContaining('can be resumed'),
        cause: 'enough',
      });
    }
    const last = search(spaceWith(rewardOf), { ...options, out: stopped, resume: true });
    const [, second] = await collect(last);
    expect(second).toMatchObject({ type: 'space:resume', sample: 35 });
    expect(await last.result()).toEqual(expected);
    expect(metricsOf(stopped)).toEqual(metricsOf(whole));
    expect(readFileSync(join(stopped, 'architectures.jsonl'), 'utf8')).toBe(
      readFileSync(join(whole, 'architectures.jsonl'), 'utf8'),
    );
  });

  it('refuses a folder of something else, or of another search', async () => {
    const [run, other] = [temporaryFolder(), temporaryFolder()];
    await search(spaceWith(rewardOf), { samples: 10, out: run }).result();
    const again = search(spaceWith(rewardOf), { samples: 10, out: run });
    await expect(again.result()).rejects.toThrow(/expected a new or empty folder/);
    const differing = search(spaceWith(rewardOf), { samples: 11, out: run, resume: true });
    await expect(differing.result()).rejects.toThrow(/same decisions and settings/);
    writeFileSync(join(other, 'letter'), 'kept');
    const taken = search(spaceWith(rewardOf), { out: other, resume: true });
    await expect(taken.result()).rejects.toThrow(/holds letter/);
  });

  it('is stopped by what a reward function throws, and by a reward that is no finite number', async () => {
    const failing = spaceWith(() => {
      throw new RangeError('cannot be measured');
    });
    await expect(search(failing).result()).rejects.toThrow(RangeError);
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, '3', undefined]) {
      const job = search(spaceWith(() => wrong as number));
      await expect(job.result()).rejects.toMatchObject({
        code: 'ERR_ARGUMENT',
        message: expect.stringMatching(/letters: reward of \{"d0":.*\}: expected a finite number/),
      });
    }
  });

  it('warns once where every reward is the same', async () => {
    const events = await collect(
      search(
        spaceWith(() => 0.5),
        { samples: 100 },
      ),
    );
    const warnings = events.filter((event) => event.type === 'warning');
    expect(warnings).toEqual([
      expect.objectContaining({
        code: 'constant-reward',
        message: expect.stringContaining('all of the 32 architectures so far have the reward 0.5'),
      }),
    ]);
  });

  it('refuses settings that are wrong at once', () => {
    const space = spaceWith(rewardOf);
    expect(() => search(space, { sample: 3 } as never)).toThrow(/did you mean samples/);
    expect(() => search(space, { samples: 0 })).toThrow(/search.samples/);
    expect(() => search(space, { lr: Number.NaN })).toThrow(/search.lr/);
    expect(() => search(space, { resume: true })).toThrow(/search: out/);
  });
});
