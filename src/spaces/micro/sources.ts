/** Where the values of the presets come from, by path: see `Preset.sources`. */
type Sources = Readonly<Record<string, string>>;

const setup = 'Pham et al. 2018, section 3.2';
const schedule = `${setup}: cosine with T0 = 10, Tmul = 2, from 0.05 to 0.001`;
const searchScript = 'melodyguan/enas, scripts/cifar10_micro_search.sh';
const finalScript = 'melodyguan/enas, scripts/cifar10_micro_final.sh';
const released = 'melodyguan/enas, src/cifar10';
const noClipping = 'ours: the paper names no clipping for images';
const inertClipping = "ours: the released code's clipping does nothing";
const noSkips = 'ours: without effect, the space has no skip connections';
const adam = "Kingma & Ba 2015, the optimiser's default";

/** What both published presets leave to us. */
const oursAnyway: Sources = {
  'search.theta.rewardBatch': 'ours: as the training minibatch',
  'search.theta.rewardScale': 'Pham et al. 2018, section 2.2: the reward is the accuracy',
  'search.theta.skipTarget': noSkips,
  'search.theta.skipWeight': noSkips,
};

export const paperSources: Sources = {
  ...oursAnyway,
  'space.options.layers': `${searchScript}; the paper does not say`,
  'space.options.filters': `${searchScript}; the paper does not say`,
  'space.options.blocks': 'Pham et al. 2018, section 2.4: cells of B = 7 nodes, two of them inputs',
  'space.options.keepProb': `${searchScript}; the paper does not say`,
  'space.options.opPrior': 'ours: the paper has no such bias',
  'space.options.fixed': `${finalScript}; the paper does not say`,
  'space.options.fixed.layers': 'Pham et al. 2018, table 2: N = 6, by its 4.6 million parameters',
  'space.options.fixed.keepProb': 'ours: as in the search',
  data: 'ours: the set that needs no download',
  'search.epochs': `${setup}: 310 epochs`,
  'search.omega.batch': 'ours: as in the macro search; the paper does not say',
  'search.omega.lr': schedule,
  'search.omega.momentum': `${setup}: Nesterov momentum`,
  'search.omega.weightDecay': setup,
  'search.omega.clipNorm': noClipping,
  'search.omega.archsPerStep': 'Pham et al. 2018, section 2.2: M = 1',
  'search.omega.denseUpdates': 'ours: a step moves what it touched',
  'search.theta': 'Pham et al. 2018, sections 2.2 and 3.2',
  'search.theta.units': 'Pham et al. 2018, section 2: an LSTM of 100 units',
  'search.theta.aggregate': 'Pham et al. 2018, section 2.2: one architecture an update',
  'search.theta.beta1': adam,
  'search.theta.beta2': adam,
  'search.theta.epsilon': adam,
  'search.theta.baselineDecay': `${searchScript}; the paper does not say`,
  'search.theta.opTanhReduce': 'ours: no such factor in the paper',
  'search.theta.clipNorm': noClipping,
  'search.derive': `${released}/main.py; the paper says "several"`,
  train: `${setup}: as in the search`,
  'train.epochs': `${finalScript}: 630 epochs`,
  'train.batch': 'ours: as in the search',
  'train.clipNorm': noClipping,
  'train.cutout': 'Pham et al. 2018, table 2: with and without CutOut; 16 with',
  'train.auxiliaryWeight': `${released}/micro_child.py; the paper does not say`,
  'train.holdOut': 'Pham et al. 2018, section 3.2: trained on all 50,000 images',
};

export const authorsSources: Sources = {
  ...oursAnyway,
  space: searchScript,
  'space.options.blocks': `${searchScript}: child_num_cells`,
  'space.options.opPrior': `${released}/micro_controller.py`,
  'space.options.fixed': finalScript,
  data: 'ours: the set that needs no download',
  search: searchScript,
  'search.omega.momentum': `${released}/micro_child.py: Nesterov momentum 0.9`,
  'search.omega.clipNorm': inertClipping,
  'search.omega.archsPerStep': `${released}/micro_child.py: one architecture a step`,
  'search.omega.denseUpdates': "TensorFlow's momentum and l2 move every parameter at every step",
  'search.theta.rewardBatch': `${released}/micro_child.py: as the training minibatch`,
  'search.theta.beta1': 'melodyguan/enas, src/utils.py',
  'search.theta.beta2': adam,
  'search.theta.epsilon': 'melodyguan/enas, src/utils.py',
  'search.theta.temperature': `${searchScript}: none`,
  'search.theta.clipNorm': inertClipping,
  'search.derive': `${released}/main.py`,
  train: finalScript,
  'train.momentum': `${released}/micro_child.py: Nesterov momentum 0.9`,
  'train.clipNorm': inertClipping,
  'train.auxiliaryWeight': `${released}/micro_child.py`,
};

const minutes = 'ours: a whole search and training in minutes on two cores';

export const quickSources: Sources = {
  ...oursAnyway,
  space: minutes,
  data: minutes,
  search: minutes,
  train: minutes,
};
