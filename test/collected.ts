import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as torch from '../src/torch/index.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/**
 * The memory that tensors hold once the garbage of earlier tests is gone, which would else go at some
 * moment between two counts.
 */
export function collected(): ReturnType<typeof torch.memory> {
  collectGarbage();
  // What was collected is released at the end of the next call into the addon.
  torch.memory();
  return torch.memory();
}
