/**
 * `roofline.mjs <device>`: what the machine can do, as a process that measures it again at every line it
 * reads. GFLOP/s of a large matrix product, the better of ATen's own and, on the CPU, oneDNN's; GB/s of
 * copying what no cache holds, reads and writes counted.
 */
import { createInterface } from 'node:readline';

const [device] = process.argv.slice(2);
const torch = await import('../../dist/torch/index.js');
const { functional } = torch;

const onCpu = device === 'cpu';
const place = { device: onCpu ? 'cpu' : 'cuda:0' };
const size = onCpu ? 2048 : 8192;
const bytes = 2 ** 28;
const [a, b] = [1, 2].map((seed) => torch.randn([size, size], { seed, ...place }));
const [halfA, halfB] = [a, b].map((matrix) => matrix.to({ dtype: 'bfloat16' }));
const from = torch.zeros([bytes / 4], place);
const to = torch.zeros([bytes / 4], place);

/** Seconds of one call: the best of several, because what disturbs a machine only ever slows it. */
function best(body) {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 4; i++) {
    const start = process.hrtime.bigint();
    torch.scope(() => torch.noGrad(body));
    if (!onCpu) torch.cuda.synchronize();
    least = Math.min(least, Number(process.hrtime.bigint() - start) / 1e9);
  }
  return least;
}

/** The same product as a 1×1 convolution over size/32 × 32 pixels, which oneDNN does. */
const pointwise = (x, y) => {
  const format = { memoryFormat: 'channelsLast' };
  const pixels = x.reshape([1, size, size / 32, 32]).to(format);
  const weight = y.reshape([size, size, 1, 1]).to(format);
  return () => void functional.conv2d(pixels, weight);
};

function gflops(x, y) {
  const products = [() => void x.matmul(y), ...(onCpu ? [pointwise(x, y)] : [])];
  return (2 * size ** 3) / Math.min(...products.map(best)) / 1e9;
}

function measure() {
  return {
    fp32: gflops(a, b),
    bf16: gflops(halfA, halfB),
    gbPerSecond: (2 * bytes) / best(() => void to.copy_(from)) / 1e9,
  };
}

const answer = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
answer(null);
for await (const _ of createInterface({ input: process.stdin })) answer(measure());
