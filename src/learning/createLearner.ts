import { type ImageDataset, task as imageTask } from '../data/dataset.ts';
import { type TextDataset, task as textTask } from '../data/text/dataset.ts';
import type { Graph } from '../graph/graph.ts';
import type { Shape } from '../graph/shape.ts';
import type { Streams } from '../random/streams.ts';
import type { ResolvedConfig } from '../run/config.ts';
import type { Task } from '../spaces/space.ts';
import type { Device } from '../torch/index.ts';
import { ImageLearner } from './images.ts';
import type { Learner } from './learner.ts';
import { TextLearner } from './text.ts';

export type Dataset = ImageDataset | TextDataset;

/** What a network for this data has to do. */
export function taskOf(dataset: Dataset): Task {
  return 'vocabulary' in dataset ? textTask(dataset) : imageTask(dataset);
}

export interface LearnerOptions {
  readonly config: ResolvedConfig;
  /** Whether children of a search learn, or one network from scratch. */
  readonly purpose: 'search' | 'train';
  readonly streams: Streams;
  readonly device: Device;
  /** Any of the networks that are to learn: all of them have its states. */
  readonly graph: Graph;
}

/** The learner for a data set under a configuration's settings. */
export function createLearner(dataset: Dataset, options: LearnerOptions): Learner {
  const { config, purpose, streams, device, graph } = options;
  const { search, train, data } = config;
  const batch = purpose === 'search' ? search.omega.batch : train.batch;
  const { rewardBatch, rewardScale } = search.theta;
  const stream = purpose === 'search' ? 'omega' : 'train';
  const common = { streams, batch, rewardBatch, rewardScale, stream };
  if ('vocabulary' in dataset) {
    if (!('bptt' in data && 'activationReg' in train)) throw mismatch(config, 'text');
    const { bptt, bpttJitter } = data;
    const none = { activationReg: 0, temporalActivationReg: 0 };
    const { activationReg, temporalActivationReg } = purpose === 'search' ? none : train;
    const regularisation = { activationReg, temporalActivationReg };
    const states = statesOf(graph);
    return new TextLearner(dataset, {
      ...common,
      ...regularisation,
      bptt,
      bpttJitter,
      device,
      states,
    });
  }
  if (!('cutout' in train)) throw mismatch(config, 'images');
  const { cutout, auxiliaryWeight } = purpose === 'search' ? noAugmentation : train;
  return new ImageLearner(dataset, { ...common, cutout, auxiliaryWeight });
}

/** A search's children have no auxiliary head and see no CutOut. */
const noAugmentation = { cutout: 0, auxiliaryWeight: 0 };

/** Shapes of a network's states by name. */
function statesOf({ states, nodes }: Graph): Record<string, Shape> {
  return Object.fromEntries(states.map(({ name, input }) => [name, nodes[input]!.shape]));
}

function mismatch(config: ResolvedConfig, kind: string): Error {
  return new Error(`the ${config.space.name} space is not for ${kind}`);
}
