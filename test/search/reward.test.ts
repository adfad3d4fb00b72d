import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/run/config.ts';
import { RunDirectory } from '../../src/run/directory.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { deriveFromRun } from '../../src/search/deriveFromRun.ts';
import type { ChildMeasured, ChildReward } from '../../src/search/rewards.ts';
import { search } from '../../src/search/search.ts';
import { syntheticDataset, temporaryRun, tinyConfig } from './synthetic.ts';

async function searched(reward: ChildReward | null, path = temporaryRun(), config = tinyConfig()) {
  const runDirectory = RunDirectory.create(config, path);
  const events: RunEvent[] = [];
  try {
    const dataset = syntheticDataset();
    const options = { runDirectory, reward, ...(config.space.name === 'macro' && { dataset }) };
    for await (const event of search(config, options)) events.push(event);
  } finally {
    runDirectory.close();
  }
  return events;
}

const scored = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === 'arch:scored' ? [event] : []));

describe('a reward of one’s own', () => {
  it('is told what was measured of a child, and is what the controller learns from', async () => {
    const told: ChildMeasured[] = [];
    const events = await searched(async (child) => {
      told.push(child);
      return child.accuracy! - 1e-5 * child.parameters;
    });
    const rewards = scored(events);
    expect(told).toHaveLength(rewards.length);
    expect(rewards.map(({ arch }) => arch)).toEqual(told.map(({ arch }) => arch));
    for (const [i, { accuracy, reward, parameters, multiplyAdds, phase }] of told.entries()) {
      expect(accuracy).toBe(reward);
      expect(parameters).toBeGreaterThan(0);
      expect(multiplyAdds).toBeGreaterThan(parameters);
      expect(rewards[i]).toMatchObject({ reward: accuracy! - 1e-5 * parameters, phase });
    }
    const derived = rewards.filter(({ phase }) => phase === 'derive');
    const done = events.at(-1)!;
    expect(done).toMatchObject({
      type: 'done',
      best: { reward: Math.max(...derived.map(({ reward }) => reward)) },
    });
  });

  it('that says what the search’s own says changes nothing', async () => {
    const plain = scored(await searched(null));
    const same = scored(await searched(({ reward }) => reward));
    expect(same.map(({ reward, arch }) => [reward, arch])).toEqual(
      plain.map(({ reward, arch }) => [reward, arch]),
    );
  });

  it('that punishes parameters is answered by smaller children', async () => {
    const config = tinyConfig({
      search: { epochs: 4, theta: { steps: 60, lr: 0.02, entropyWeight: 0, skipWeight: 0 } },
    });
    const costs: number[] = [];
    await searched(
      ({ parameters, phase }) => {
        if (phase === 'theta') costs.push(parameters);
        return -1e-3 * parameters;
      },
      temporaryRun(),
      config,
    );
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
    expect(mean(costs.slice(-80))).toBeLessThan(0.9 * mean(costs.slice(0, 80)));
  });

  it('is told perplexity where children are for text', async () => {
    const config = resolveConfig({
      space: 'recurrent',
      flags: { epochs: 1, trainLimit: 2000, hidden: 8, device: 'cpu' },
      config: { search: { theta: { steps: 2 }, derive: { samples: 2 } } },
    });
    const told: ChildMeasured[] = [];
    await searched((child) => told.push(child), temporaryRun(), config);
    const { rewardScale } = config.search.theta;
    for (const { perplexity, reward, accuracy } of told) {
      expect(accuracy).toBeUndefined();
      expect(rewardScale / perplexity!).toBeCloseTo(reward, 10);
    }
  });

  it('that is no finite number is an error', async () => {
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, '1', undefined]) {
      await expect(searched(() => wrong as number)).rejects.toThrow(/reward: expected a finite/);
    }
  });

  it('must be given again where the run goes on, and where it is derived from', async () => {
    const path = temporaryRun();
    const own: ChildReward = ({ reward }) => reward;
    await searched(own, path);
    const directory = RunDirectory.open(path);
    const resume = await directory.takeUp();
    const options = { runDirectory: directory, dataset: syntheticDataset(), resume };
    await expect(search(directory.config, options).next()).rejects.toThrow(/a reward function/);
    directory.close();
    const checkpointOnly = deriveFromRun(path, { samples: 2 });
    await expect(checkpointOnly.next()).rejects.toThrow();
  });
});
