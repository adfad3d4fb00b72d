import {
  builtInData,
  noSkipsSources,
  paperImageOmegaSources,
  paperImageTrainSources,
  paperThetaSources,
  recoverySource,
  type Sources,
  quickSources as sharedQuickSources,
} from '../paperSettings.ts';

const searchScript = 'melodyguan/enas, scripts/cifar10_micro_search.sh';
const finalScript = 'melodyguan/enas, scripts/cifar10_micro_final.sh';
const released = 'melodyguan/enas, src/cifar10';
const inertClipping = "ours: the released code's clipping does nothing";

export const paperSources: Sources = {
  ...builtInData,
  ...paperImageOmegaSources,
  ...paperThetaSources,
  ...noSkipsSources,
  ...paperImageTrainSources,
  'space.options.layers': `${searchScript}; the paper does not say`,
  'space.options.filters': `${searchScript}; the paper does not say`,
  'space.options.blocks': 'Pham et al. 2018, section 2.4: cells of B = 7 nodes, two of them inputs',
  'space.options.keepProb': `${searchScript}; the paper does not say`,
  'space.options.opPrior': 'ours: the paper has no such bias',
  'space.options.fixed': `${finalScript}; the paper does not say`,
  'space.options.fixed.layers': 'Pham et al. 2018, table 2: N = 6, by its 4.6 million parameters',
  'space.options.fixed.keepProb': 'ours: as in the search',
  'train.epochs': `${finalScript}: 630 epochs`,
  'train.cutout': 'Pham et al. 2018, table 2: with and without CutOut; 16 with',
  'train.auxiliaryWeight': `${released}/micro_child.py; the paper does not say`,
};

export const authorsSources: Sources = {
  ...builtInData,
  ...noSkipsSources,
  space: searchScript,
  'space.options.blocks': `${searchScript}: child_num_cells`,
  'space.options.opPrior': `${released}/micro_controller.py`,
  'space.options.fixed': finalScript,
  search: searchScript,
  'search.omega.momentum': `${released}/micro_child.py: Nesterov momentum 0.9`,
  'search.omega.clipNorm': inertClipping,
  'search.omega.archsPerStep': `${released}/micro_child.py: one architecture a step`,
  'search.omega.denseUpdates': "TensorFlow's momentum and l2 move every parameter at every step",
  'search.theta.rewardScale': 'Pham et al. 2018, section 2.2: the reward is the accuracy',
  'search.theta.rewardBatch': `${released}/micro_child.py: as the training minibatch`,
  'search.theta.beta1': 'melodyguan/enas, src/utils.py',
  'search.theta.beta2': paperThetaSources['search.theta.beta2']!,
  'search.theta.epsilon': 'melodyguan/enas, src/utils.py',
  'search.theta.temperature': `${searchScript}: none`,
  'search.theta.clipNorm': inertClipping,
  'search.derive': `${released}/main.py`,
  'search.recovery': recoverySource,
  train: finalScript,
  'train.momentum': `${released}/micro_child.py: Nesterov momentum 0.9`,
  'train.clipNorm': inertClipping,
  'train.auxiliaryWeight': `${released}/micro_child.py`,
  'train.recovery': recoverySource,
};

export const quickSources: Sources = { ...sharedQuickSources, ...noSkipsSources };
