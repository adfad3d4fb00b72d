import { paperTheta, quickTheta, recovery } from '../paperSettings.ts';
import type { TextTrainSettings } from '../settings.ts';
import type { Preset, PresetName } from '../space.ts';
import { type RecurrentOptions, recurrentOptionsSchema } from './options.ts';
import { authorsSources, paperSources, quickSources } from './sources.ts';

const decaying = { schedule: 'exponential', initial: 20, decay: 0.96, after: 15 } as const;
const constant = { schedule: 'exponential', initial: 20, decay: 1, after: 0 } as const;

const paperTrain: TextTrainSettings = {
  epochs: 150,
  batch: 64,
  lr: decaying,
  momentum: 0,
  weightDecay: 1e-7,
  clipNorm: 0.25,
  activationReg: 0,
  temporalActivationReg: 0,
  averageFrom: 0,
  recovery,
};

/** Pham et al. 2018, section 3.1 and appendix A. What it leaves open is said in its sources. */
const paper: Preset<RecurrentOptions> = {
  space: recurrentOptionsSchema.parse({}),
  data: { vocabularyLimit: null, bptt: 35, bpttJitter: false },
  search: {
    epochs: 150,
    omega: {
      batch: 64,
      lr: decaying,
      momentum: 0,
      weightDecay: 1e-7,
      clipNorm: 0.25,
      archsPerStep: 1,
      denseUpdates: false,
    },
    theta: { ...paperTheta, rewardBatch: 64, rewardScale: 80, entropyWeight: 1e-4 },
    derive: { samples: 10 },
    recovery,
  },
  train: paperTrain,
  sources: paperSources,
};

/**
 * The authors' second release, google-research's enas_lm, which they name as the correct one. It
 * drops the embedding and what the cell reads, one after the other; a rate here is that of both.
 */
const authors: Preset<RecurrentOptions> = {
  space: recurrentOptionsSchema.parse({
    nodes: 10,
    hidden: 200,
    firstNode: 'tanh',
    firstCarry: true,
    output: 'all',
    recurrentInput: 'output',
    weights: 'edgeAndFunction',
    batchNorm: false,
    initRange: 0.04,
    dropout: { input: both(0.2, 0.75), recurrent: 0.25, nodes: 0.25, output: 0.75 },
    fixed: {
      hidden: 800,
      initRange: 0.05,
      dropout: { input: both(0.175, 0.725), recurrent: 0.225, nodes: 0.225, output: 0.75 },
    },
  }),
  data: { vocabularyLimit: null, bptt: 35, bpttJitter: true },
  search: {
    ...paper.search,
    epochs: 600,
    omega: {
      ...paper.search.omega,
      batch: 128,
      lr: constant,
      weightDecay: 8e-7,
      clipNorm: 0.1,
    },
    theta: {
      ...paper.search.theta,
      units: 64,
      steps: 25,
      aggregate: 10,
      rewardBatch: 128,
      lr: 5e-5,
      entropyWeight: 1e-5,
      baselineDecay: 0.999,
      tanhConstant: 2.25,
    },
  },
  train: {
    ...paperTrain,
    epochs: 3000,
    lr: constant,
    weightDecay: 2 * 8e-7,
    activationReg: 0.7,
    averageFrom: 1000,
  },
  sources: authorsSources,
};

/** The rate of two dropouts one after the other. */
function both(first: number, second: number): number {
  return 1 - (1 - first) * (1 - second);
}

/** No more than this little is needed where a text is read a few times. */
const lightDropout = { input: 0.1, recurrent: 0, nodes: 0, output: 0.1 };

/** A whole search, and a training, in minutes on two cores, over the built-in text. */
const quick: Preset<RecurrentOptions> = {
  space: recurrentOptionsSchema.parse({
    nodes: 6,
    hidden: 64,
    dropout: lightDropout,
    fixed: { hidden: 128, dropout: lightDropout },
  }),
  data: { vocabularyLimit: null, bptt: 25, bpttJitter: false },
  search: {
    epochs: 6,
    omega: {
      ...paper.search.omega,
      batch: 32,
      lr: { schedule: 'exponential', initial: 10, decay: 0.7, after: 3 },
    },
    theta: { ...quickTheta, rewardBatch: 32, rewardScale: 80 },
    derive: { samples: 20 },
    recovery,
  },
  train: {
    ...paperTrain,
    epochs: 8,
    batch: 32,
    lr: { schedule: 'exponential', initial: 10, decay: 0.7, after: 4 },
  },
  sources: quickSources,
};

export const presets: Readonly<Record<PresetName, Preset<RecurrentOptions>>> = {
  quick,
  paper,
  authors,
};
