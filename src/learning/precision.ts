import { z } from 'zod';
import type { ResolvedConfig } from '../run/config.ts';
import type { Device } from '../torch/index.ts';
import * as torch from '../torch/index.ts';

/**
 * What activations are computed in. Parameters, gradients, optimiser states, the statistics of batch
 * norms, logits and losses are float32 in either.
 */
export const precisionSchema = z.enum(['fp32', 'bf16']);
export type Precision = z.infer<typeof precisionSchema>;

export type ActivationDType = 'float32' | 'bfloat16';

/** `auto` takes bf16 where the device has instructions for it, and fp32 elsewhere. */
export function resolvePrecision(asked: ResolvedConfig['precision'], device: Device): Precision {
  if (asked !== 'auto') return asked;
  return torch.bf16IsNative(device) ? 'bf16' : 'fp32';
}

export function activationDType(precision: Precision): ActivationDType {
  return precision === 'bf16' ? 'bfloat16' : 'float32';
}
