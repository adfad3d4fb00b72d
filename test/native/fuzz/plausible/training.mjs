/** Arguments of optimisers, gradients and what is indexed. */

const shapes = (d) =>
  Array.from({ length: d.int(1, 3) }, () => d.pick([4], [3, 5], [2, 3, 3, 3], [0], []));
const params = (d, of, grad = 'finished') => of.map((shape) => d.tensor(shape, { grad }));
const rate = (d) => d.pick(0.1, 0, -1, Number.NaN);

function sgdStep(d) {
  const of = shapes(d);
  const momenta = d.bool() ? of.map((shape) => d.state(shape)) : [];
  const momentum = momenta.length > 0 ? 0.9 : 0;
  return [params(d, of), momenta, rate(d), momentum, 1e-4, d.bool(), d.pick(0, 0.25), d.bool()];
}

function sgdStepCapturable(d) {
  const of = shapes(d);
  const scalar = (shape) => d.state(shape, { dtype: 'float32', form: 'dense' });
  const momenta = of.map((shape) => d.state(shape));
  return [params(d, of), momenta, scalar([]), scalar([1]), d.pick(0, 0.9), 1e-4, d.bool()];
}

function adamStep(d) {
  const of = shapes(d);
  const states = () => of.map((shape) => d.state(shape));
  const steps = of.map(() =>
    d.state(d.pick([], [], [1], [0], [2]), { dtype: d.pick('float32', 'float32', d.dtype) }),
  );
  return [params(d, of), states(), states(), steps, rate(d), 0.9, 0.999, 1e-8, d.pick(0, 0.1)];
}

function indexed(d) {
  const [n, f] = [d.int(0, 4), d.int(1, 4)];
  const k = d.int(0, 5);
  const grad = d.pick('none', 'computed');
  return [d.tensor([n, f], { grad }), 0, d.indices([k], n), d.tensor([k, f])];
}

function scattered(d) {
  const [n, f] = [d.int(1, 4), d.int(1, 4)];
  const source = d.tensor([n, f]);
  return [
    d.tensor([n, f], { grad: 'none' }),
    d.int(0, 1),
    d.indices([n, f], Math.min(n, f)),
    source,
  ];
}

const output = (d) => d.tensor(d.pick([], [], [1], [3, 2]), { grad: 'computed' });

export const training = {
  sgdStep,
  sgdStepCapturable,
  adamStep,
  clipGradNorm: (d) => [params(d, shapes(d)), d.pick(0.25, 0, Number.NaN)],
  clearGrads: (d) => [params(d, shapes(d))],
  layGrads: (d) => {
    const of = shapes(d);
    const arena = d.state([d.pick(4, 100, 1000)], { form: 'dense' });
    return [params(d, of, 'leaf'), arena, d.pick(1, 16, 0, 2 ** 53)];
  },
  backward: (d) => [output(d), undefined, d.bool(), d.bool()],
  grad: (d) => [[output(d)], [{ alias: 0 }], undefined, d.bool(), d.bool(), d.bool()],
  setGrad: (d) => [d.tensor([3, 2]), d.some(d.state([3, 2]))],
  indexAdd_: indexed,
  indexCopy_: indexed,
  indexSelect: (d) => indexed(d).slice(0, 3),
  scatter: scattered,
  scatter_: scattered,
  gather: (d) => scattered(d).slice(0, 3),
  oneHot: (d) => [d.indices([3, 2], 4), d.pick(-1, 4, 9)],
  asStrided: (d) => [
    d.tensor([24]),
    [2, 3],
    d.pick([3, 1], [1, 8], [0, 0], [-1, 1]),
    d.int(-1, 30),
  ],
  fromTypedArray: (d) => [
    { bytes: 24 },
    d.pick([6], [2, 3], [24]),
    d.pick('float32', 'uint8'),
    'cpu',
  ],
};
