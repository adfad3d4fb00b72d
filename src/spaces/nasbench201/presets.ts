import {
  builtInData,
  noSkipsSources,
  paperImageOmega,
  paperImageOmegaSources,
  paperTheta,
  paperThetaSources,
  quickImageSgd,
  quickSources,
  quickTheta,
  recovery,
  recoverySource,
} from '../paperSettings.ts';
import type { ImageTrainSettings } from '../settings.ts';
import type { Preset, PresetName } from '../space.ts';
import { type NasBench201Options, nasBench201OptionsSchema } from './options.ts';

const benchmark = 'Dong & Yang 2020, section 2.1';
const training = 'Dong & Yang 2020, section 2.3: one schedule for every cell';
const enasConfig = 'D-X-Y/AutoDL-Projects, configs/nas-benchmark/algos/ENAS.config';
const enasScript = 'D-X-Y/AutoDL-Projects, scripts-search/NAS-Bench-201-algos/ENAS.sh';
const enasCode = 'D-X-Y/AutoDL-Projects, exps/algos/ENAS.py';
const enasController = 'D-X-Y/AutoDL-Projects, search_model_enas_utils.py';
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
  recovery,
};

/** Of both `paper` and `authors`: the benchmark's network and training. */
const benchmarkSources = {
  space: benchmark,
  'space.options.keepProb': noDropout,
  'space.options.fixed.keepProb': noDropout,
  ...builtInData,
  train: training,
  'train.auxiliaryWeight': noAuxiliary,
  'train.recovery': recoverySource,
};

/** ENAS did not search this space: its macro search, and the benchmark's training. */
const paper: Preset<NasBench201Options> = {
  space: nasBench201OptionsSchema.parse({}),
  data: {},
  search: {
    epochs: 310,
    omega: paperImageOmega,
    theta: paperTheta,
    derive: { samples: 10 },
    recovery,
  },
  train: benchmarkTrain,
  sources: {
    ...benchmarkSources,
    ...paperImageOmegaSources,
    ...paperThetaSources,
    ...noSkipsSources,
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
    recovery,
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
    ...noSkipsSources,
    'search.theta.clipNorm': enasCode,
    'search.derive': enasScript,
    'search.recovery': recoverySource,
  },
};

const quick: Preset<NasBench201Options> = {
  space: nasBench201OptionsSchema.parse({ filters: 8, cells: 1, fixed: { cells: 1 } }),
  data: {},
  search: {
    epochs: 8,
    omega: { ...paperImageOmega, ...quickImageSgd(32, 0.1, 8) },
    theta: quickTheta,
    derive: { samples: 20 },
    recovery,
  },
  train: { ...benchmarkTrain, ...quickImageSgd(64, 0.1, 8), epochs: 8, holdOut: true },
  sources: { ...quickSources, ...noSkipsSources, 'train.auxiliaryWeight': noAuxiliary },
};

export const presets: Readonly<Record<PresetName, Preset<NasBench201Options>>> = {
  quick,
  paper,
  authors,
};
