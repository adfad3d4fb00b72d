import {
  paperImageOmega,
  paperImageTrain,
  paperTheta,
  quickImageSgd,
  quickTheta,
  recovery,
} from '../paperSettings.ts';
import type { Preset, PresetName } from '../space.ts';
import { type MicroOptions, microOptionsSchema } from './options.ts';
import { authorsSources, paperSources, quickSources } from './sources.ts';

const restarts = { schedule: 'cosine', max: 0.05, period: 10, periodFactor: 2 } as const;
const paperTrain = { ...paperImageTrain, epochs: 630, auxiliaryWeight: 0.4 };

/** Pham et al. 2018, section 3.2 and appendix B. What it leaves open is said in its sources. */
const paper: Preset<MicroOptions> = {
  space: microOptionsSchema.parse({ fixed: { layers: 18 } }),
  data: {},
  search: {
    epochs: 310,
    omega: paperImageOmega,
    theta: paperTheta,
    derive: { samples: 10 },
    recovery,
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
      ...paperImageOmega,
      batch: 160,
      lr: { ...restarts, min: 5e-4 },
      weightDecay: 2 * 1e-4,
      denseUpdates: true,
    },
    theta: {
      ...paperTheta,
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
    omega: { ...paperImageOmega, ...quickImageSgd(32, 0.1, 5) },
    theta: quickTheta,
    derive: { samples: 20 },
    recovery,
  },
  train: { ...paperImageTrain, ...quickImageSgd(64, 0.1, 6), epochs: 6, holdOut: true },
  sources: quickSources,
};

export const presets: Readonly<Record<PresetName, Preset<MicroOptions>>> = {
  quick,
  paper,
  authors,
};
