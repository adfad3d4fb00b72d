import { join } from 'node:path';
import { assembleText } from '../../src/data/text/assemble.ts';
import { type Dataset, taskOf } from '../../src/learning/createLearner.ts';
import { ParameterDictionary } from '../../src/learning/parameters.ts';
import { Streams } from '../../src/random/streams.ts';
import { type ResolvedConfig, resolveConfig, spaceOf } from '../../src/run/config.ts';
import { RunDirectory } from '../../src/run/directory.ts';
import { writeModel, writeModelInfo } from '../../src/run/trainingFiles.ts';
import { modelInfo } from '../../src/train/modelInfo.ts';
import { temporaryFolder } from '../run/temporary.ts';
import { syntheticDataset } from '../search/synthetic.ts';
import { firstArch, tinyTrainConfig } from '../train/running.ts';
import { vocabulary } from './models.ts';

/** What a training leaves, of a network with its first values. */
async function runOf(config: ResolvedConfig, dataset: Dataset): Promise<string> {
  const path = join(temporaryFolder(), 'run');
  const graph = spaceOf(config).fixed(config.arch, taskOf(dataset));
  const parameters = new ParameterDictionary(graph, {
    device: 'cpu',
    streams: new Streams(1),
    stream: 'init',
    momentum: false,
  });
  RunDirectory.create(config, path).close();
  writeModelInfo(path, modelInfo(config, dataset));
  await writeModel(path, parameters.values(), {});
  return path;
}

/** Of a macro network for 8 × 8 images of four classes. */
export const imageRun = (): Promise<string> => runOf(tinyTrainConfig(), syntheticDataset());

/** Of a recurrent cell for a text of eight words. */
export function textRun(): Promise<string> {
  const fixed = { hidden: 6 };
  const config = resolveConfig({ space: 'recurrent', config: { space: { options: { fixed } } } });
  const train = Int32Array.from(vocabulary.keys());
  const raw = { name: 'toy', notes: [], words: vocabulary, train, valid: train, test: train };
  const limits = { device: 'cpu', trainLimit: null, vocabularyLimit: null } as const;
  return runOf({ ...config, arch: firstArch(config) }, assembleText(raw, limits));
}
