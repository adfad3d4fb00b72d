/**
 * The cases of `npm run bench`: which network of which space, on what, and how much of it in a round.
 * A case's configuration is the paper's preset with what is said here over it.
 *
 * `timed` are the places in the file of architectures that a round runs, one step each; PyTorch as
 * people write it (`eager`), which can take ten seconds a step, runs the first `eagerTimed` of them.
 */
const steps = 10;

const recurrent = (hidden) => ({
  kind: 'step',
  title: `recurrent search step, 12 nodes, hidden ${hidden}, bptt 35, batch 64`,
  figure: 'tokens/s',
  space: 'recurrent',
  config: { space: { options: { hidden } } },
  architectures: 'recurrent',
  vocabulary: 10_000,
  steps,
  timed: [0, 1, 2, 3],
});

/** @type {Readonly<Record<string, object>>} */
export const cases = {
  macro: {
    kind: 'step',
    title: 'macro search step, 12 layers of 36 filters, batch 128',
    figure: 'images/s',
    space: 'macro',
    config: {},
    architectures: 'macro',
    steps,
    timed: [0, 1, 2, 3],
    eagerTimed: 1,
  },
  micro: {
    kind: 'step',
    title: 'micro search step, 6 layers of 20 filters, batch 160',
    figure: 'images/s',
    space: 'micro',
    config: { search: { omega: { batch: 160 } } },
    architectures: 'micro',
    steps,
    timed: [0, 1],
    eagerTimed: 1,
  },
  'recurrent-1000': { ...recurrent(1000), timed: [0, 1], eagerTimed: 1 },
  'recurrent-200': recurrent(200),
  reward: {
    kind: 'reward',
    title: 'rewards of 20 macro architectures, each on a batch of 128',
    figure: 'images/s',
    space: 'macro',
    config: {},
    architectures: 'reward',
    timed: [0],
  },
  controller: {
    kind: 'controller',
    title: 'controller of the macro space, 100 units',
    figure: 'ms',
    space: 'macro',
    config: { search: { theta: { aggregate: 8 } } },
    architectures: 'macro',
    timed: [8, 351, { update: 8 }],
  },
  operators: {
    kind: 'operators',
    title: 'one small operator with the release of its result, one thread',
    figure: 'ns',
    timed: ['add', 'relu', 'matmul', 'view', 'number', 'chain'],
  },
};
