import type { ImageTrainSettings } from '../settings.ts';
import type { Preset, PresetName } from '../space.ts';
import { type NasBench201Options, nasBench201OptionsSchema } from './options.ts';

const benchmark = 'Dong & Yang 2020, section 2.1';
const training = 'Dong & Yang 2020, section 2.3: one schedule for every cell';
const forMacro = 'Pham et al. 2018, section 3.2, which gives it for the macro space';
const enasConfig = 'D-X-Y/AutoDL-Projects, configs/nas-benchmark/algos/ENAS.config';
const enasScript = 'D-X-Y/AutoDL-Projects, scripts-search/NAS-Bench-201-algos/ENAS.sh';
const enasCode = 'D-X-Y/AutoDL-Projects, exps/algos/ENAS.py';
const enasController = 'D-X-Y/AutoDL-Projects, search_model_enas_utils.py';
const noSkips = 'ours: the space has no skip decisions, nothing reads it';
const noAuxiliary = 'ours: the network has no auxiliary head';
const noDropout = 'ours: 1, as the benchmark has no dropout';

/** How the benchmark trained each of its cells. */
const benchmarkTrain: ImageTrainSettings = {
  epochs: 200,
  batch: 256,
  lr: { schedule: 'cosine', max: 0.1, min: 0, period: 200, periodFactor: 1 },
  momentum: 0.9,
  weightDecay: 5e-4,
  clipNorm: 0,
  cutout: 0,
  auxiliaryWeight: 0,
  holdOut: false,
};

/** Of both `paper` and `authors`: the benchmark's network and training. */
const benchmarkSources = {
  space: benchmark,
  'space.options.keepProb': noDropout,
  'space.options.fixed.keepProb': noDropout,
  data: 'ours: the set that needs no download',
  train: training,
  'train.auxiliaryWeight': noAuxiliary,
};

/** ENAS did not search this space: its macro search, and the benchmark's training. */
const paper: Preset<NasBench201Options> = {
  space: nasBench201OptionsSchema.parse({}),
  data: {},
  search: {
    epochs: 310,
    omega: {
      batch: 128,
      lr: { schedule: 'cosine', max: 0.05, min: 0.001, period: 10, periodFactor: 2 },
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
  train: benchmarkTrain,
  sources: {
    ...benchmarkSources,
    search: forMacro,
    'search.omega.batch':
      'melodyguan/enas, scripts/cifar10_macro_search.sh; the paper does not say',
    'search.omega.clipNorm': 'ours: the paper names no clipping for images',
    'search.omega.archsPerStep': 'Pham et al. 2018, section 2.2: M = 1',
    'search.omega.denseUpdates': 'ours: a step moves what it touched',
    'search.theta.units': 'Pham et al. 2018, section 2: an LSTM of 100 units',
    'search.theta.aggregate': 'Pham et al. 2018, section 2.2: one architecture an update',
    'search.theta.rewardBatch': 'ours: as the training minibatch',
    'search.theta.rewardScale': 'Pham et al. 2018, section 2.2: the reward is the accuracy',
    'search.theta.beta1': "Kingma & Ba 2015, the optimiser's default",
    'search.theta.beta2': "Kingma & Ba 2015, the optimiser's default",
    'search.theta.epsilon': "Kingma & Ba 2015, the optimiser's default",
    'search.theta.baselineDecay': 'melodyguan/enas, scripts/cifar10_macro_search.sh',
    'search.theta.opTanhReduce': 'ours: no such factor in the paper',
    'search.theta.skipTarget': noSkips,
    'search.theta.skipWeight': noSkips,
    'search.theta.clipNorm': 'ours: the paper names no clipping for images',
    'search.derive': 'melodyguan/enas; the paper says "several"',
  },
};

/**
 * The benchmark's authors' own search by ENAS. Their batch norms have no affine part in the search
 * and their LSTM two layers of 32 units; ours has one.
 */
const authors: Preset<NasBench201Options> = {
  space: nasBench201OptionsSchema.parse({}),
  data: {},
  search: {
    ...paper.search,
    omega: {
      ...paper.search.omega,
      lr: { schedule: 'cosine', max: 0.05, min: 5e-4, period: 10, periodFactor: 1 },
      weightDecay: 2.5e-4,
      clipNorm: 5,
      denseUpdates: true,
    },
    theta: {
      ...paper.search.theta,
      units: 32,
      steps: 50,
      aggregate: 20,
      lr: 1e-3,
      beta1: 0,
      epsilon: 1e-3,
      entropyWeight: 1e-4,
      clipNorm: 5,
    },
    derive: { samples: 100 },
  },
  train: benchmarkTrain,
  sources: {
    ...benchmarkSources,
    'search.epochs': enasConfig,
    'search.omega': enasConfig,
    'search.omega.lr': `${enasConfig}; ours: restarts every T_max = 10 epochs, where theirs climbs back along the cosine`,
    'search.omega.clipNorm': enasCode,
    'search.omega.archsPerStep': enasCode,
    'search.omega.denseUpdates': 'ours: on, for their optimiser holds every parameter',
    'search.theta': enasScript,
    'search.theta.units': `${enasController}: two layers of 32`,
    'search.theta.rewardBatch': enasConfig,
    'search.theta.rewardScale': enasCode,
    'search.theta.lr': enasConfig,
    'search.theta.beta1': enasConfig,
    'search.theta.beta2': enasConfig,
    'search.theta.epsilon': enasConfig,
    'search.theta.tanhConstant': enasController,
    'search.theta.opTanhReduce': `${enasController}: no such factor`,
    'search.theta.temperature': enasController,
    'search.theta.skipTarget': noSkips,
    'search.theta.skipWeight': noSkips,
    'search.theta.clipNorm': enasCode,
    'search.derive': enasScript,
  },
};

const ours = 'ours: a whole search and training in minutes on two cores';

const quick: Preset<NasBench201Options> = {
  space: nasBench201OptionsSchema.parse({ filters: 8, cells: 1, fixed: { cells: 1 } }),
  data: {},
  search: {
    epochs: 8,
    omega: {
      ...paper.search.omega,
      batch: 32,
      lr: { schedule: 'cosine', max: 0.1, min: 0.001, period: 8, periodFactor: 1 },
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
    ...benchmarkTrain,
    epochs: 8,
    batch: 64,
    lr: { schedule: 'cosine', max: 0.1, min: 0.001, period: 8, periodFactor: 1 },
    clipNorm: 5,
    holdOut: true,
  },
  sources: {
    space: ours,
    data: ours,
    search: ours,
    'search.theta.skipTarget': noSkips,
    'search.theta.skipWeight': noSkips,
    train: ours,
    'train.auxiliaryWeight': noAuxiliary,
  },
};

export const presets: Readonly<Record<PresetName, Preset<NasBench201Options>>> = {
  quick,
  paper,
  authors,
};
