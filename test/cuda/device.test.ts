import { describe, it } from 'vitest';
import type { Device } from '../../src/torch/index.ts';
import * as torch from '../../src/torch/index.ts';
import { checks } from './checks/index.ts';

const isThere = torch.cuda.isAvailable() && torch.cuda.isCompiled();
const device: Device = isThere ? 'cuda:0' : 'cpu';

// Where there is no GPU, those that need one are skipped, and the others run on the CPU.
describe(`on ${device}`, () => {
  for (const { name, on, run } of checks) {
    it.skipIf(on === 'cuda' && !isThere)(name, () => run(device));
  }
});
