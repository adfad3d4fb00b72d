import {
  noSkipsSources,
  paperThetaSources,
  recoverySource,
  type Sources,
  quickSources as sharedQuickSources,
} from '../paperSettings.ts';

const setup = 'Pham et al. 2018, section 3.1';
const appendix = 'Pham et al. 2018, appendix A';
const searchScript = 'melodyguan/enas, scripts/ptb_search.sh';
const finalScript = 'melodyguan/enas, scripts/ptb_final.sh';
const enasLm = 'google-research enas_lm';
const child = `${enasLm}, child.py`;
const controller = `${enasLm}, controller.py`;
const fixedLib = `${enasLm}, fixed_lib.py`;
const plainSgd = 'plain SGD, no momentum';

export const paperSources: Sources = {
  ...paperThetaSources,
  ...noSkipsSources,
  'space.options': appendix,
  'space.options.nodes': `${setup}: N = 12`,
  'space.options.hidden': setup,
  'space.options.layers': `${searchScript}; the paper says "or to higher recurrent layers"`,
  'space.options.tied': `${setup}: tied word embeddings`,
  'space.options.variational': `${setup}: variational dropout`,
  'space.options.dropout': `${searchScript}, whose dropout of whole words is left out; the paper does not say`,
  'space.options.fixed': `${finalScript}; the paper does not say`,
  'space.options.fixed.batchNorm': appendix,
  'space.options.fixed.initRange': appendix,
  data: 'ours: the text that needs no download',
  'data.vocabularyLimit': `${setup}: the whole vocabulary of the Penn Treebank`,
  'data.bptt': setup,
  'data.bpttJitter': `${searchScript}: none; the paper does not say`,
  'search.epochs': setup,
  'search.omega': setup,
  'search.omega.lr': `${setup}: 20, multiplied by 0.96 every epoch after epoch 15`,
  'search.omega.momentum': `${setup}: ${plainSgd}`,
  'search.omega.archsPerStep': 'Pham et al. 2018, section 2.2: M = 1',
  'search.omega.denseUpdates': 'ours: a step moves what it touched',
  'search.theta.rewardScale': 'Pham et al. 2018, section 2.2: the reward is 80/perplexity',
  train: `${setup}: as in the search`,
  'train.activationReg': 'ours: the paper names no such regularisation',
  'train.temporalActivationReg': 'ours: the paper names no such regularisation',
  'train.averageFrom': 'ours: the paper averages no parameters',
  'train.recovery': recoverySource,
};

export const authorsSources: Sources = {
  ...noSkipsSources,
  'space.options': child,
  'space.options.nodes': `${controller}: 9, and the node that reads the input`,
  'space.options.dropout': `${child}; its dropout of whole words is left out, and its one mask for all nodes is one for each`,
  'space.options.fixed': fixedLib,
  'space.options.fixed.dropout': `${fixedLib}; its dropout of whole words is left out, and its one mask for all nodes is one for each`,
  data: child,
  'data.vocabularyLimit': `${child}: the whole vocabulary of the Penn Treebank`,
  'search.epochs': child,
  'search.omega': child,
  'search.omega.momentum': `${child}: ${plainSgd}`,
  'search.omega.weightDecay': `${child}; there of half the sum of fourth powers, by oversight`,
  'search.omega.archsPerStep': child,
  'search.omega.denseUpdates': `${child}: plain SGD, and a decay of the matrices a step used`,
  'search.theta': controller,
  'search.theta.rewardBatch': 'ours: as the training minibatch',
  'search.theta.beta1': paperThetaSources['search.theta.beta1']!,
  'search.theta.beta2': paperThetaSources['search.theta.beta2']!,
  'search.theta.epsilon': paperThetaSources['search.theta.epsilon']!,
  'search.theta.opTanhReduce': 'ours: the text search has no such factor',
  'search.theta.clipNorm': 'ours: no clipping of θ is named',
  'search.derive': paperThetaSources['search.derive']!,
  'search.recovery': recoverySource,
  train: fixedLib,
  'train.momentum': `${fixedLib}: ${plainSgd}`,
  'train.weightDecay': `${fixedLib}: 8e-7·Σw², whose gradient is twice that times w`,
  'train.temporalActivationReg': `${fixedLib}: none when training a fixed cell`,
  'train.averageFrom':
    'ours: enas_lm, fixed.py, begins when validation has not improved for 10 epochs',
  'train.recovery': recoverySource,
};

export const quickSources: Sources = { ...sharedQuickSources, ...noSkipsSources };
