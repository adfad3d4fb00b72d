/**
 * The child process of `doctor`: a small convolution and its gradients on every device, so that a
 * crash of the native code is something to report and not to suffer. Prints a {@link ProbeReport}.
 */
import { fileURLToPath } from 'node:url';
import * as torch from '../torch/index.ts';

export interface ProbeReport {
  /** The libtorch that ran, such as "2.13.0". */
  readonly version: string;
  /** Threads that libtorch uses within an operator. */
  readonly threads: number;
  readonly devices: readonly ProbedDevice[];
}

export interface ProbedDevice {
  /** Such as "cpu" or "cuda:0". */
  readonly name: string;
  readonly elapsedMs: number;
  /** Of a CUDA device, where the addon was built with CUDA. */
  readonly properties?: torch.cuda.DeviceProperties;
}

/**
 * A 3x3 convolution of ones over a 4x4 image of ones, padded by 1. Its sum is the number of
 * (position, tap) pairs inside the image, (3·4 − 2)² = 100, and the gradient of a tap is the number
 * of positions it is inside at: 16 in the middle, 12 at the edges, 9 in the corners.
 */
function convolve(device: torch.Device): void {
  const x = torch.ones([1, 1, 4, 4], { device });
  const weight = torch.ones([1, 1, 3, 3], { device, requiresGrad: true });
  const sum = torch.functional.conv2d(x, weight, { padding: 1 }).sum();
  sum.backward();
  const taps = weight.grad?.flatten(0, -1).tolist();
  const got = JSON.stringify({ sum: sum.item(), taps });
  const expected = JSON.stringify({ sum: 100, taps: [9, 12, 9, 12, 16, 12, 9, 12, 9] });
  if (got !== expected) throw new Error(`${device}: expected ${expected}, got ${got}`);
}

function probe(): ProbeReport {
  const names: torch.Device[] = ['cpu'];
  for (let i = 0; i < torch.cuda.deviceCount(); i++) names.push(`cuda:${i}`);
  const devices = names.map((name) => {
    const start = performance.now();
    convolve(name);
    const elapsedMs = Math.round(performance.now() - start);
    if (name === 'cpu' || !torch.cuda.isCompiled()) return { name, elapsedMs };
    return { name, elapsedMs, properties: torch.cuda.getDeviceProperties(name) };
  });
  return { version: torch.version, threads: torch.getNumThreads(), devices };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(`${JSON.stringify(probe())}\n`);
}
