import { appendFileSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defineSpace, type RewardContext } from '../../src/custom/defineSpace.ts';
import { search } from '../../src/jobs/search.ts';
import type { SearchSpaceOptions } from '../../src/jobs/searchSpace.ts';
import { temporaryFolder } from '../run/temporary.ts';

/** 2 · 3 · 2 · 2² = 48 architectures, with decisions of every kind. */
const outcomes = 48;

const spaceWith = (reward: (arch: object, context: RewardContext) => number) =>
  defineSpace({
    name: 'small',
    decisions: {
      a: [false, true],
      b: ['x', 'y', 'z'],
      from: { input: ['a', 'b'] },
      also: { skips: ['a', 'b'] },
    },
    reward,
  });

const reward = (arch: object) => JSON.stringify(arch).length;

/** What the reward function was asked for, in order, and what the search said. */
async function searched(options: SearchSpaceOptions) {
  const asked: string[] = [];
  const space = spaceWith((arch) => {
    asked.push(JSON.stringify(arch));
    return reward(arch);
  });
  const job = search(space, options);
  const best = await job.result();
  return { asked, best, progress: job.progress };
}

describe('a search that remembers', () => {
  it('asks for no reward twice, and ends when it has them all', async () => {
    for (const batch of [1, 5, 64]) {
      const { asked, progress } = await searched({ samples: 100, batch, lr: 0.1 });
      expect(asked).toHaveLength(outcomes);
      expect(new Set(asked).size).toBe(outcomes);
      expect(progress).toEqual({ done: outcomes, total: outcomes });
    }
  });

  it('finds new ones with a policy that would draw one architecture for ever', async () => {
    // Without the tanh and at a rate like this every probability is soon 0 or 1 in float32.
    const sure = { samples: 40, lr: 30, tanhConstant: 0, temperature: 0.01 };
    const { asked } = await searched(sure);
    expect(new Set(asked).size).toBe(40);
    const forgetful = await searched({ ...sure, remember: false });
    expect(new Set(forgetful.asked).size).toBeLessThan(20);
  });

  it('that is told not to asks as often as it draws', async () => {
    const { asked, progress } = await searched({ samples: 100, remember: false });
    expect(asked).toHaveLength(100);
    expect(new Set(asked).size).toBeLessThan(outcomes + 1);
    expect(progress).toEqual({ done: 100, total: 100 });
  });

  it('stopped anywhere and resumed, asks for none of those before, in the order of one never stopped', async () => {
    const options = { samples: 45, lr: 0.3, batch: 3 };
    const whole = await searched(options);
    for (const at of [2, 10, 33, 44]) {
      const out = temporaryFolder();
      const controller = new AbortController();
      const kept: string[] = [];
      const stopping = spaceWith((arch, { sample }) => {
        if (sample === at) controller.abort();
        kept.push(JSON.stringify(arch));
        return reward(arch);
      });
      const { signal } = controller;
      await expect(search(stopping, { ...options, out, signal }).result()).rejects.toThrow();
      // A line that was written after the last checkpoint, as a crash may leave it.
      appendFileSync(join(out, 'architectures.jsonl'), '{"choices":[0,0,0,[0,');
      const before = Math.floor((at - 1) / 3) * 3;
      const resumed = await searched({ ...options, out, resume: true });
      expect([...kept.slice(0, before), ...resumed.asked]).toEqual(whole.asked);
      expect(resumed.best).toEqual(whole.best);
      const lines = readFileSync(join(out, 'architectures.jsonl'), 'utf8').trimEnd().split('\n');
      expect(lines).toHaveLength(45);
      expect(new Set(lines.map((line) => JSON.stringify(JSON.parse(line).choices))).size).toBe(45);
    }
  });

  it('killed in the middle of an update and resumed, is the one never killed', async () => {
    const options = { samples: 30, lr: 0.3, batch: 3 };
    const [out, left] = [temporaryFolder(), temporaryFolder()];
    const whole: string[] = [];
    const space = spaceWith((arch, { sample }) => {
      whole.push(JSON.stringify(arch));
      // What a kill at this moment leaves on the disk, the lock of a process that is gone aside.
      if (sample === 20) cpSync(out, left, { recursive: true });
      return reward(arch);
    });
    await search(space, { ...options, out }).result();
    rmSync(join(left, 'lock'));
    const resumed = await searched({ ...options, out: left, resume: true });
    expect(resumed.asked).toEqual(whole.slice(18));
    const linesOf = (folder: string) => readFileSync(join(folder, 'architectures.jsonl'), 'utf8');
    expect(linesOf(left)).toBe(linesOf(out));
  });

  it('says which line of its architectures is damaged, rather than go on without', async () => {
    const out = temporaryFolder();
    const { signal, abort } = stoppable();
    const stopping = spaceWith((arch, { sample }) => {
      if (sample === 10) abort();
      return reward(arch);
    });
    await expect(search(stopping, { batch: 3, out, signal }).result()).rejects.toThrow();
    const file = join(out, 'architectures.jsonl');
    const whole = readFileSync(file, 'utf8');
    for (const [damage, message] of [
      [whole.replace('{', '}'), `${file}, line 1: expected JSON`],
      [whole.replace('"reward"', '"rewerd"'), `${file}, line 1`],
      [whole.slice(0, 40), `${file}: expected at least`],
    ] as const) {
      writeFileSync(file, damage);
      const resumed = searched({ batch: 3, out, resume: true });
      await expect(resumed).rejects.toMatchObject({
        code: 'ERR_RUN',
        message: expect.stringContaining(message),
      });
    }
    writeFileSync(file, whole);
    await searched({ batch: 3, out, resume: true });
  });
});

function stoppable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
