/** Arguments of what works on images [N, C, H, W]. */

const channels = [1, 2, 3, 8, 16, 20, 33, 36, 48];
const side = (d) => d.pick(1, 2, 3, 4, 5, 7, 8, 9, 16);
const batch = (d) => d.pick(0, 1, 2, 3);

function conv2d(d) {
  const groups = d.pick(1, 1, 1, 2, 'depthwise');
  const each = d.pick(...channels);
  const inChannels = groups === 2 ? 2 * each : each;
  const count = groups === 'depthwise' ? inChannels : groups;
  const out = groups === 'depthwise' ? inChannels * d.pick(1, 1, 2) : count * d.pick(1, 3, 8, 16);
  const [kh, kw] = d.pick([1, 1], [3, 3], [5, 5], [7, 7], [1, 3], [2, 2]);
  const stride = d.pick([1, 1], [1, 1], [2, 2], [1, 2], [0, 0]);
  const padding = d.pick([0, 0], [(kh - 1) / 2, (kw - 1) / 2], [1, 1], [9, 9], [-1, 0]);
  return [
    d.tensor([batch(d), inChannels, side(d), side(d)]),
    d.tensor([out, inChannels / count, kh, kw]),
    d.some(d.tensor([out], { form: 'dense' })),
    stride,
    padding.map(Math.floor),
    d.pick([1, 1], [1, 1], [2, 2], [0, 1]),
    count,
    d.bool(),
    d.bool(),
  ];
}

function separableConv2d(d) {
  const c = d.pick(...channels);
  const k = d.pick(1, 3, 5);
  return [
    d.tensor([batch(d), c, side(d), side(d)]),
    d.tensor([c, 1, k, k]),
    d.tensor([d.pick(1, 3, 16, 36), c, 1, 1]),
    d.some(d.tensor([d.pick(3, 16)], { form: 'dense' })),
    d.pick([1, 1], [2, 2]),
    d.pick([0, 0], [(k - 1) / 2, (k - 1) / 2]),
    d.bool(),
    d.bool(),
  ];
}

function pointwise(d) {
  const [n, h, w] = [batch(d), side(d), side(d)];
  const out = d.pick(1, 4, 16, 20, 36);
  const parts = Array.from({ length: d.int(1, 3) }, () => d.pick(...channels));
  return [
    parts.map((c) => d.tensor([n, c, h, w])),
    parts.map((c) => d.tensor([out, c, 1, 1])),
    d.bool(),
    d.some(d.tensor([out], { form: 'dense' })),
    d.bool(),
  ];
}

const image = (d) => d.tensor([batch(d), d.pick(...channels), side(d), side(d)]);

function pool(d) {
  const k = d.pick([3, 3], [2, 2], [1, 3], [9, 9], [0, 0]);
  return [image(d), k, d.pick([1, 1], [2, 2], k), d.pick([0, 0], [1, 1], [3, 3])];
}

function batchNorm(d) {
  const c = d.pick(...channels);
  const shape = d.pick([batch(d), c, side(d), side(d)], [d.int(0, 5), c]);
  const vector = (options) => d.tensor([c], { form: 'dense', dtype: 'float32', ...options });
  const affine = d.bool();
  const tracked = d.bool();
  return [
    d.tensor(shape),
    affine ? vector() : undefined,
    affine ? vector() : undefined,
    tracked ? vector({ grad: 'none' }) : undefined,
    tracked ? vector({ grad: 'none' }) : undefined,
    d.bool(),
    d.pick(0.1, 0, 1, -3),
    d.pick(1e-5, 0),
    d.some(d.tensor(shape)),
    d.bool(),
  ];
}

function imageBatch(d) {
  const [n, c, h, w] = [d.int(0, 4), d.pick(1, 3, 4), side(d), side(d)];
  const b = d.int(0, 5);
  const values = (length) => Array.from({ length }, () => 0.5);
  return [
    d.state([n, c, h, w], { dtype: 'uint8', below: 255, form: d.pick('dense', 'channelsLast') }),
    d.indices([b], n),
    values(c),
    values(c),
    d.some(d.indices(d.pick([b, 3], [b, 5], [b, 2]), 3)),
    d.pick(0, 0, 1, 4, 100, -1),
  ];
}

export const images = {
  conv2d,
  separableConv2d,
  pointwise,
  imageBatch,
  batchNorm,
  subsamplePair: (d) => [image(d)],
  fanOut: (d) => [image(d), [d.tensor([d.pick(...channels), d.pick(...channels), 1, 1])]],
  globalAvgPool: (d) => [image(d)],
  adaptiveAvgPool2d: (d) => [image(d), d.pick([1, 1], [2, 3], [0, 0])],
  avgPool2d: (d) => [...pool(d), d.bool(), d.bool()],
  maxPool2d: (d) => [...pool(d), d.pick([1, 1], [1, 1], [2, 2]), d.bool()],
  pad: (d) => [
    image(d),
    d.pick([1, 1], [1, 0, 2, 1], [-1, 0], [1, 2, 3, 4, 5, 6]),
    d.pick('constant', 'reflect', 'replicate', 'circular'),
    0.5,
  ],
};
