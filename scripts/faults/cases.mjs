// Runs of a few seconds on the built-in data, each of several epochs and so of several checkpoints.

const search = {
  epochs: 4,
  omega: { batch: 16 },
  theta: { steps: 3, aggregate: 2, rewardBatch: 8, units: 8 },
  derive: { samples: 3 },
};
const images = { data: { trainLimit: 96 }, search };
const text = { data: { trainLimit: 2000, bptt: 10 } };
const cell = { nodes: 3, hidden: 8, fixed: { hidden: 8 } };

/** By name: the command, and the settings given to it as `--config`. */
export const cases = {
  macro: {
    command: 'search',
    settings: { space: { name: 'macro', options: { layers: 3, filters: 4 } }, ...images },
  },
  micro: {
    command: 'search',
    settings: {
      space: { name: 'micro', options: { layers: 1, filters: 4, blocks: 2 } },
      ...images,
    },
  },
  recurrent: {
    command: 'search',
    settings: { space: { name: 'recurrent', options: cell }, ...text, search },
  },
  'search and training': {
    command: 'run',
    settings: {
      space: { name: 'recurrent', options: cell },
      ...text,
      search: { ...search, epochs: 2 },
      train: { epochs: 3, batch: 16 },
    },
  },
  train: {
    command: 'train',
    settings: {
      space: { name: 'macro', options: { layers: 3, fixed: { filters: 4 } } },
      data: { trainLimit: 96 },
      train: { epochs: 4, batch: 16 },
      arch: {
        space: 'macro',
        layers: [
          { op: 'sep3x3', skips: [] },
          { op: 'conv3x3', skips: ['stem'] },
          { op: 'conv5x5', skips: ['layer0'] },
        ],
      },
    },
  },
  'train a cell': {
    command: 'train',
    settings: {
      space: { name: 'recurrent', options: cell },
      ...text,
      train: { epochs: 3, batch: 16 },
      arch: {
        space: 'recurrent',
        nodes: [{ op: 'tanh' }, { from: 'node1', op: 'relu' }, { from: 'node1', op: 'sigmoid' }],
      },
    },
  },
};
