import type { ImageTrainSettings, OmegaSettings, ThetaSettings } from './settings.ts';

/** Where values of a preset come from, by path: see `Preset.sources`. */
export type Sources = Readonly<Record<string, string>>;

const adam = "Kingma & Ba 2015, the optimiser's default";
const noSkips = 'ours: without effect, the space has no skip connections';

/** The controller and REINFORCE of Pham et al. 2018, in a space without skip connections. */
export const paperTheta: ThetaSettings = {
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
};

/** Of a space without skip connections, whose skip settings nothing reads. */
export const noSkipsSources: Sources = {
  'search.theta.skipTarget': noSkips,
  'search.theta.skipWeight': noSkips,
};

/** What every preset does about numbers that are not finite. */
export const recovery = { attempts: 3, lrFactor: 0.5 } as const;
export const recoverySource = 'ours: nothing is said of numbers that are not finite';

/** Of {@link paperTheta}, save what a space says itself. */
export const paperThetaSources: Sources = {
  'search.theta': 'Pham et al. 2018, sections 2.2 and 3',
  'search.theta.units': 'Pham et al. 2018, section 2: an LSTM of 100 units',
  'search.theta.aggregate': 'Pham et al. 2018, section 2.2: one architecture an update',
  'search.theta.rewardBatch': 'ours: as the training minibatch',
  'search.theta.rewardScale': 'Pham et al. 2018, section 2.2: the reward is the accuracy',
  'search.theta.beta1': adam,
  'search.theta.beta2': adam,
  'search.theta.epsilon': adam,
  'search.theta.baselineDecay':
    'melodyguan/enas, scripts/cifar10_macro_search.sh; the paper does not say',
  'search.theta.opTanhReduce': 'ours: no such factor in the paper',
  'search.theta.clipNorm': 'ours: the paper names no clipping of θ',
  'search.derive': 'melodyguan/enas, src/cifar10/main.py; the paper says "several"',
  'search.recovery': recoverySource,
};

/** Cosine periods that end after 10·(2ⁿ − 1) epochs: 150, 310, 630. */
const restarts = {
  schedule: 'cosine',
  max: 0.05,
  min: 0.001,
  period: 10,
  periodFactor: 2,
} as const;

/** The ω phase over images (Pham et al. 2018, section 3.2). */
export const paperImageOmega: OmegaSettings = {
  batch: 128,
  lr: restarts,
  momentum: 0.9,
  weightDecay: 1e-4,
  clipNorm: 0,
  archsPerStep: 1,
  denseUpdates: false,
};

/** Of {@link paperImageOmega} and the epochs. */
export const paperImageOmegaSources: Sources = {
  'search.epochs': 'Pham et al. 2018, section 3.2: 310 epochs',
  'search.omega.batch': 'melodyguan/enas, scripts/cifar10_macro_search.sh; the paper does not say',
  'search.omega.lr':
    'Pham et al. 2018, section 3.2: cosine with T0 = 10, Tmul = 2, from 0.05 to 0.001',
  'search.omega.momentum': 'Pham et al. 2018, section 3.2: Nesterov momentum',
  'search.omega.weightDecay': 'Pham et al. 2018, section 3.2',
  'search.omega.clipNorm': 'ours: the paper names no clipping for images',
  'search.omega.archsPerStep': 'Pham et al. 2018, section 2.2: M = 1',
  'search.omega.denseUpdates': 'ours: a step moves what it touched',
};

/** A fixed network for images (Pham et al. 2018, section 3.2), without CutOut and auxiliary head. */
export const paperImageTrain: ImageTrainSettings = {
  epochs: 310,
  batch: 128,
  lr: restarts,
  momentum: 0.9,
  weightDecay: 1e-4,
  clipNorm: 0,
  cutout: 0,
  auxiliaryWeight: 0,
  holdOut: false,
  recovery,
};

/** Of {@link paperImageTrain}, save what a space says itself. */
export const paperImageTrainSources: Sources = {
  train: 'Pham et al. 2018, section 3.2: as in the search',
  'train.batch': 'ours: as in the search',
  'train.clipNorm': 'ours: the paper names no clipping for images',
  'train.holdOut': 'Pham et al. 2018, section 3.2: trained on all 50,000 images',
  'train.recovery': recoverySource,
};

/** A controller that moves within the few steps of a quick preset. */
export const quickTheta: ThetaSettings = {
  ...paperTheta,
  units: 64,
  steps: 20,
  aggregate: 4,
  lr: 5e-3,
  entropyWeight: 1e-3,
  baselineDecay: 0.95,
};

/** Cosine over the whole of so many epochs, gradients clipped: for minutes of training. */
export function quickImageSgd(batch: number, max: number, epochs: number) {
  return {
    batch,
    lr: { schedule: 'cosine', max, min: 0.001, period: epochs, periodFactor: 1 },
    clipNorm: 5,
  } as const;
}

const minutes = 'ours: a whole search and training in minutes on two cores';

/** Of a quick preset. */
export const quickSources: Sources = {
  space: minutes,
  data: minutes,
  search: minutes,
  train: minutes,
};

/** Of the data in every preset. */
export const builtInData: Sources = { data: 'ours: the set that needs no download' };
