import { expect, test, vi } from 'vitest';
import { RunDirectory } from '../../src/run/directory.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { search } from '../../src/search/search.ts';
import { syntheticDataset, temporaryRun, tinyConfig } from '../search/synthetic.ts';
import { run } from './commandLine.ts';

vi.mock('../../src/learning/loadData.ts', () => import('./trainingData.ts'));

/** A run whose configuration names a GPU that this machine has not, though it was searched here. */
async function searchedElsewhere(): Promise<string> {
  const config = tinyConfig({ device: 'cuda:63', search: { epochs: 1 } });
  const runDirectory = RunDirectory.create(config, temporaryRun());
  const options = { runDirectory, dataset: syntheticDataset() };
  const types: string[] = [];
  for await (const { type } of search({ ...config, device: 'cpu' }, options)) types.push(type);
  runDirectory.close();
  expect(types.at(-1)).toBe('done');
  return runDirectory.path;
}

test('architectures are derived on the device that is asked for', async () => {
  const path = await searchedElsewhere();
  const words = ['derive', path, '--samples', '3', '--device', 'cpu', '--json'];
  const { code, stdout, stderr } = await run(words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const events: RunEvent[] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events[0]).toMatchObject({ type: 'derive:start', device: 'cpu', samples: 3 });
  expect(events.map(({ type }) => type).slice(1)).toEqual([
    ...Array(3).fill('arch:scored'),
    'done',
  ]);
});

test('and without being asked on that of the run, which may not be here', async () => {
  const { code, stderr } = await run(['derive', await searchedElsewhere(), '--samples', '3']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: device: expected a device of this machine, got cuda:63 /);
});
