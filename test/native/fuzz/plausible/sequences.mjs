/** Arguments of what works on vectors, classes and time. */

const width = (d) => d.pick(1, 2, 3, 8, 16, 20, 33);

function lstm(d) {
  const [t, n, f, h] = [d.int(1, 4), d.int(1, 3), width(d), width(d)];
  const input = d.pick([t, n, f], [n, t, f], [n, f], [t, n, 4 * h]);
  return [d.tensor(input), d.tensor([4 * h, f]), d.tensor([4 * h, h]), d.some(d.tensor([h, f]))];
}

function lstmCell(d) {
  const [n, f, h] = [d.int(1, 3), width(d), width(d)];
  const bias = d.bool();
  return [
    d.tensor([n, f]),
    d.tensor([n, h]),
    d.tensor([n, h]),
    d.tensor([4 * h, f]),
    d.tensor([4 * h, h]),
    bias ? d.tensor([4 * h]) : undefined,
    bias ? d.tensor([4 * h]) : undefined,
  ];
}

function crossEntropy(d) {
  const [n, k] = [d.int(0, 5), width(d)];
  return [
    d.tensor([n, k]),
    d.indices([n], k, d.pick('int64', 'int64', 'uint8')),
    d.some(d.tensor([k], { grad: 'none' })),
    d.pick(0, 1, 2, 3),
    d.pick(-100, 0, 1),
    d.pick(0, 0.1),
  ];
}

function linearCrossEntropy(d) {
  const [n, f, k] = [d.int(0, 5), width(d), width(d)];
  return [d.tensor([n, f]), d.tensor([k, f]), d.indices([n], k), d.bool(), d.pick(-100, 0)];
}

function highway(d) {
  const [n, f] = [d.int(0, 5), width(d)];
  return [d.tensor([n, 2 * f]), d.some(d.tensor([n, f])), d.pick(0, 1, 2, 3, 4)];
}

/** A program of a few operators on slots of one width, the highway fed by a product to twice that. */
function recurrence(d) {
  const [steps, n, f] = [d.int(1, 4), d.int(1, 3), width(d)];
  const sequences = d.int(0, 2);
  const states = d.int(1, 2);
  const params = [];
  const masks = [];
  const ops = [];
  const reals = [];
  let slots = sequences + states;
  const slot = () => d.int(0, slots - 1);
  const op = (kind, flag, inputs, operands) => {
    ops.push(kind, flag, inputs.length, ...inputs, operands.length, ...operands);
    reals.push(1e-5, 0.1);
    return slots++;
  };
  const param = (shape, options) => params.push(d.tensor(shape, options)) - 1;
  const statistics = () => param([f], { grad: 'none' });
  // Slots of the width f: what operators may read.
  const wide = Array.from({ length: slots }, (_, i) => i);
  const read = () => d.pick(...wide);
  for (let i = d.int(1, 4); i > 0; i--) {
    const kind = d.int(0, 6);
    if (kind === 0) wide.push(op(0, 0, [read()], [param([f, f])]));
    else if (kind === 3) {
      const z = op(0, 0, [read()], [param([f, f]), param([f, f])]);
      wide.push(op(3, d.int(0, 3), d.bool() ? [z] : [z, read()], []));
    } else if (kind === 4) {
      const mask = masks.push(d.state(d.pick([n, f], [steps * n, f]))) - 1;
      wide.push(op(4, 0, [read()], [mask]));
    } else if (kind === 5) wide.push(op(5, 0, [read()], []));
    else if (kind === 6) {
      const running = d.bool() ? [] : [statistics(), statistics()];
      wide.push(op(6, d.int(0, 1), [read()], [param([f]), param([f]), ...running]));
    } else wide.push(op(kind, 0, [read(), read()], []));
  }
  return [
    steps,
    ops,
    reals,
    Array.from({ length: states }, () => d.pick(read(), slot())),
    d.pick([slots - 1], [slots - 1, sequences], [], [slot()]),
    Array.from({ length: sequences }, () => d.tensor([steps * n, f])),
    Array.from({ length: states }, () => d.tensor([n, f])),
    params,
    masks,
  ];
}

export const sequences = {
  lstm,
  lstmCell,
  crossEntropy,
  linearCrossEntropy,
  highway,
  recurrence,
  nllLoss: (d) => crossEntropy(d).slice(0, 5),
  embedding: (d) => {
    const rows = d.int(0, 5);
    return [d.tensor([rows, width(d)]), d.indices(d.pick([3], [2, 2], [0], []), rows)];
  },
  linear: (d) => {
    const [f, out] = [width(d), width(d)];
    return [d.tensor(d.pick([3, f], [f], [2, 2, f])), d.tensor([out, f]), d.some(d.tensor([out]))];
  },
  matmul: (d) => {
    const [a, b, c] = [d.int(0, 4), width(d), width(d)];
    return d.pick(
      [d.tensor([a, b]), d.tensor([b, c])],
      [d.tensor([2, a, b]), d.tensor([b, c])],
      [d.tensor([b]), d.tensor([b])],
    );
  },
  sampleCategorical: (d) => [d.state(d.pick([3, 4], [5], [2, 0], [])), d.some(3)],
  bernoulli: (d) => [d.state([3, 4]), 1],
  multinomial: (d) => [d.state(d.pick([4], [3, 4], [0])), d.int(0, 5), d.bool(), d.some(3)],
};
