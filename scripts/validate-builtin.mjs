/**
 * How hard the built-in set is: test accuracy of a linear classifier (to be under 50 %) and of plain
 * CNNs (to be over 85 %), trained from scratch. Needs `npm run build`.
 *
 *   --epochs <n>      for the CNNs (8)
 *   --channels <n>    of the CNNs (16)
 *   --only <name>     one of linear, conv3x3, conv5x5, separable3x3, maxPool3x3
 */
import { parseArgs } from 'node:util';
import { Batches } from '../dist/data/batches.js';
import { builtin } from '../dist/data/builtin.js';
import { Streams } from '../dist/random/streams.js';
import * as torch from '../dist/torch/index.js';

const F = torch.functional;
const { values: options } = parseArgs({
  options: {
    epochs: { type: 'string', default: '8' },
    channels: { type: 'string', default: '16' },
    only: { type: 'string' },
  },
});
const channels = Number(options.channels);
const layers = 6;
const poolAfter = new Set([1, 3]);

const streams = new Streams(1);
const started = performance.now();
const dataset = await builtin();
const batches = new Batches(dataset, streams);
console.log(`built-in set drawn in ${((performance.now() - started) / 1000).toFixed(1)} s`);

const parameter = (name, shape, std) =>
  torch.normal(shape, { std, seed: streams.key(name), requiresGrad: true });

/** Logits from all pixels at once. */
function linear() {
  const inputs = dataset.channels * dataset.height * dataset.width;
  const weight = parameter('linear/weight', [10, inputs], 0.001);
  const bias = parameter('linear/bias', [10], 0.001);
  return { params: [weight, bias], forward: (x) => F.linear(x.flatten(1), weight, bias) };
}

/**
 * Six times the operator, batch-norm and ReLU, 2×2 max-pooling after the second and fourth, global
 * average pooling, linear. The first is always a 3×3 convolution.
 */
function cnn(operator) {
  const params = [];
  const norms = [];
  const convolution = (name, outputs, inputs, kernel, groups = 1) => {
    const fanIn = (inputs / groups) * kernel * kernel;
    const shape = [outputs, inputs / groups, kernel, kernel];
    const weight = parameter(name, shape, Math.sqrt(2 / fanIn));
    params.push(weight);
    return (x) => F.conv2d(x, weight, { padding: (kernel - 1) / 2, groups });
  };
  const operators = {
    conv3x3: (name) => convolution(name, channels, channels, 3),
    conv5x5: (name) => convolution(name, channels, channels, 5),
    separable3x3: (name) => {
      const depthwise = convolution(`${name}/depthwise`, channels, channels, 3, channels);
      const pointwise = convolution(`${name}/pointwise`, channels, channels, 1);
      return (x) => pointwise(depthwise(x));
    },
    maxPool3x3: (name) => {
      const pointwise = convolution(name, channels, channels, 1);
      return (x) => F.maxPool2d(pointwise(x), { kernelSize: 3, stride: 1, padding: 1 });
    },
  };
  const norm = () => {
    const weight = torch.ones([channels], { requiresGrad: true });
    const bias = torch.zeros([channels], { requiresGrad: true });
    const running = { runningMean: torch.zeros([channels]), runningVar: torch.ones([channels]) };
    params.push(weight, bias);
    norms.push(running);
    return (x, training) => F.batchNorm(x, { weight, bias, ...running, training });
  };
  const stack = Array.from({ length: layers }, (_, i) => ({
    apply:
      i === 0
        ? convolution('layer0', channels, dataset.channels, 3)
        : operators[operator](`layer${i}`),
    normalise: norm(),
    pool: poolAfter.has(i),
  }));
  const weight = parameter('head/weight', [10, channels], Math.sqrt(1 / channels));
  const bias = torch.zeros([10], { requiresGrad: true });
  params.push(weight, bias);
  const forward = (images, training) => {
    let x = images;
    for (const layer of stack) {
      x = layer.normalise(layer.apply(x), training).relu();
      if (layer.pool) x = F.maxPool2d(x, { kernelSize: 2 });
    }
    return F.linear(x.mean([2, 3]), weight, bias);
  };
  return { params, forward };
}

function testAccuracy(forward) {
  const pass = batches.all('test', 250);
  let hits = 0;
  for (let i = 0; i < pass.count; i++) {
    torch.scope(() =>
      torch.noGrad(() => {
        const { images, labels } = pass.at(i);
        hits += forward(images, false).argmax(1).eq(labels).sum().item();
      }),
    );
  }
  return hits / dataset.test.labels.numel();
}

function train(name, { params, forward }, { epochs, lr }) {
  const optimizer = new torch.SGD(params, {
    lr,
    momentum: 0.9,
    nesterov: true,
    weightDecay: 1e-4,
  });
  const began = performance.now();
  const accuracies = [];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const pass = batches.train(epoch, 128);
    for (let i = 0; i < pass.count; i++) {
      const progress = (epoch - 1 + i / pass.count) / epochs;
      optimizer.lr = 0.5 * lr * (1 + Math.cos(Math.PI * progress));
      torch.scope(() => {
        const { images, labels } = pass.at(i);
        optimizer.zeroGrad();
        F.crossEntropy(forward(images, true), labels).backward();
        optimizer.step();
      });
    }
    accuracies.push((100 * testAccuracy(forward)).toFixed(1));
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(`${name}: test accuracy by epoch ${accuracies.join(' ')} % (${seconds} s)`);
}

const models = {
  linear: () => train('linear', linear(), { epochs: 10, lr: 0.005 }),
  conv3x3: () => train('conv3x3', cnn('conv3x3'), { epochs: Number(options.epochs), lr: 0.05 }),
  conv5x5: () => train('conv5x5', cnn('conv5x5'), { epochs: Number(options.epochs), lr: 0.05 }),
  separable3x3: () =>
    train('separable3x3', cnn('separable3x3'), { epochs: Number(options.epochs), lr: 0.05 }),
  maxPool3x3: () =>
    train('maxPool3x3', cnn('maxPool3x3'), { epochs: Number(options.epochs), lr: 0.05 }),
};
for (const [name, run] of Object.entries(models)) {
  if (options.only === undefined || options.only === name) run();
}
