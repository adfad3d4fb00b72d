import type { ImageTrainSettings } from '../settings.ts';
import type { Preset, PresetName } from '../space.ts';
import { type MicroOptions, microOptionsSchema } from './options.ts';
import { authorsSources, paperSources, quickSources } from './sources.ts';

/** Ends at the end of a period after 10·(2ⁿ − 1) epochs: 150, 310, 630. */
const restarts = { schedule: 'cosine', max: 0.05, period: 10, periodFactor: 2 } as const;

const paperTrain: ImageTrainSettings = {
  epochs: 630,
  batch: 128,
  lr: { ...restarts, min: 0.001 },
  momentum: 0.9,
  weightDecay: 1e-4,
  clipNorm: 0,
  cutout: 0,
  auxiliaryWeight: 0.4,
  holdOut: false,
};

/** Pham et al. 2018, section 3.2 and appendix B. What it leaves open is said in its sources. */
const paper: Preset<MicroOptions> = {
  space: microOptionsSchema.parse({ fixed: { layers: 18 } }),
  data: {},
  search: {
    epochs: 310,
    omega: {
      batch: 128,
      lr: { ...restarts, min: 0.001 },
      momentum: 0.9,
      weightDecay: 1e-4,
      clipNorm: 0,
      archsPerStep: 1,
      denseUpdates: false,
    },
    theta: {
      units: 100,
      steps: 2000,
      aggregate: 1,
      rewardBatch: 128,
      rewardScale: 1,
      lr: 3.5e-4,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      entropyWeight: 0.1,
      baselineDecay: 0.99,
      tanhConstant: 2.5,
      opTanhReduce: 1,
      temperature: 5,
      skipTarget: 0.4,
      skipWeight: 0,
      clipNorm: 0,
    },
    derive: { samples: 10 },
  },
  train: paperTrain,
  sources: paperSources,
};

/**
 * The authors' released code. Its `l2_reg` multiplies Σw², whose gradient is twice that times w. It
 * holds the operators to separable convolutions by a bias and a prior.
 */
const authors: Preset<MicroOptions> = {
  space: microOptionsSchema.parse({ opPrior: true, fixed: { keepProb: 0.8 } }),
  data: {},
  search: {
    ...paper.search,
    epochs: 150,
    omega: {
      ...paper.search.omega,
      batch: 160,
      lr: { ...restarts, min: 5e-4 },
      weightDecay: 2 * 1e-4,
      denseUpdates: true,
    },
    theta: {
      ...paper.search.theta,
      units: 64,
      steps: 30,
      aggregate: 10,
      rewardBatch: 160,
      lr: 3.5e-3,
      beta1: 0,
      epsilon: 1e-3,
      entropyWeight: 1e-4,
      tanhConstant: 1.1,
      opTanhReduce: 2.5,
      temperature: 1,
    },
  },
  train: { ...paperTrain, batch: 144, lr: { ...restarts, min: 1e-4 }, weightDecay: 2 * 2e-4 },
  sources: authorsSources,
};

/** A whole search, and a training, in minutes on two cores, over 32×32 colour images. */
const quick: Preset<MicroOptions> = {
  space: microOptionsSchema.parse({
    layers: 1,
    filters: 8,
    fixed: { layers: 3, filters: 8, dropPathKeep: 0.9, auxiliary: false },
  }),
  data: {},
  search: {
    epochs: 5,
    omega: {
      ...paper.search.omega,
      batch: 32,
      lr: { schedule: 'cosine', max: 0.1, min: 0.001, period: 5, periodFactor: 1 },
      clipNorm: 5,
    },
    theta: {
      ...paper.search.theta,
      units: 64,
      steps: 20,
      aggregate: 4,
      lr: 5e-3,
      entropyWeight: 1e-3,
      baselineDecay: 0.95,
    },
    derive: { samples: 20 },
  },
  train: {
    ...paperTrain,
    epochs: 6,
    batch: 64,
    lr: { schedule: 'cosine', max: 0.1, min: 0.001, period: 6, periodFactor: 1 },
    clipNorm: 5,
    auxiliaryWeight: 0,
    holdOut: true,
  },
  sources: quickSources,
};

export const presets: Readonly<Record<PresetName, Preset<MicroOptions>>> = {
  quick,
  paper,
  authors,
};
