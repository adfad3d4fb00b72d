import { spawnSync } from 'node:child_process';
import { SetupFailure } from '../setup/failure.mjs';

/** In a child process, whose crash is something to report: a product and its gradient on the CPU. */
const program = `
  const native = require(process.argv[1]);
  const graphs = typeof native.cudaGraphCreate === 'function';
  native.beginScope();
  const x = native.ones([3, 4], 'float32', 'cpu');
  const w = native.ones([4, 5], 'float32', 'cpu');
  native.requiresGrad_(w, true);
  const y = native.sum(native.matmul(x, w), undefined, false);
  native.backward(y, undefined, false, false);
  const grad = native.sum(native.getGrad(w), undefined, false);
  const sums = [native.item(y), native.item(grad)];
  native.endScope([]);
  let refusal = 'none';
  try {
    if (graphs) native.cudaGraphCreate(0);
  } catch (error) {
    refusal = error.message;
  }
  const devices = native.cudaDeviceCount();
  console.log(JSON.stringify({ version: native.version(), graphs, sums, devices, refusal }));
`;

/**
 * Loads an addon with every symbol resolved at once (LD_BIND_NOW: a function that no library has
 * would otherwise be missed only when it is called) and computes with it on the CPU.
 */
export function smoke(addon, reporter) {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['-e', program, addon], {
    encoding: 'utf8',
    env: { ...process.env, LD_BIND_NOW: '1' },
    timeout: 300_000,
  });
  if (status !== 0) {
    throw new SetupFailure(
      `The addon does not load or does not compute (${signal ?? status}): ${stderr.trim().slice(0, 600)}`,
      [],
    );
  }
  const { version, graphs, sums, devices, refusal } = JSON.parse(stdout);
  // Of ones, [3, 4]·[4, 5] has 15 elements of 4, and the gradient of the second factor 20 of 3.
  if (String(sums) !== '60,60') throw new SetupFailure(`expected sums of 60, got ${sums}.`, []);
  if (!graphs) throw new SetupFailure('The addon has no CUDA graphs: native/cuda is missing.', []);
  reporter.line(`it loads in Node (libtorch ${version}) and computes on the CPU`);
  reporter.line(
    devices === 0
      ? `no CUDA device here; asking for one is an error: ${refusal}`
      : `${devices} CUDA devices here, left alone by this check`,
  );
}
