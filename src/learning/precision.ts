import { z } from 'zod';
import { checkOneOf } from '../errors/check.ts';
import type { Warning } from '../run/events.ts';
import {
  type AskedPrecision,
  type ChosenPrecision,
  type Precision,
  precisions,
} from '../run/precision.ts';
import type { Device } from '../torch/index.ts';
import * as torch from '../torch/index.ts';
import type { Clock } from './clock.ts';

export const precisionSchema = z.enum(['fp32', 'bf16']);

export type ActivationDType = 'float32' | 'bfloat16';

/** `auto` takes bf16 where the device has instructions for it, and fp32 elsewhere. */
export function resolvePrecision(asked: AskedPrecision, device: Device): ChosenPrecision {
  if (asked !== 'auto') return { precision: asked, precisionReason: 'asked' };
  return torch.bf16IsNative(device)
    ? { precision: 'bf16', precisionReason: 'native' }
    : { precision: 'fp32', precisionReason: 'not-native' };
}

/** The precision that a run goes on in: the one it began in, whatever `auto` takes on this device. */
export function keptPrecision(
  kept: Precision,
  asked: AskedPrecision,
  device: Device,
): ChosenPrecision {
  const here = resolvePrecision(asked, device);
  return here.precision === kept ? here : { precision: kept, precisionReason: 'run' };
}

/**
 * The precision that a caller asks for, if one does.
 *
 * @param place what the argument is called in errors
 * @throws EnasTorchError ERR_ARGUMENT for what is no precision
 */
export function askedPrecision(
  place: string,
  asked: AskedPrecision | undefined,
  device: Device,
): ChosenPrecision | undefined {
  if (asked === undefined) return undefined;
  return resolvePrecision(checkOneOf(place, asked, precisions), device);
}

export function activationDType(precision: Precision): ActivationDType {
  return precision === 'bf16' ? 'bfloat16' : 'float32';
}

/** What there is to say where bf16 is to be computed on a device without instructions for it. */
export function emulationWarning(precision: Precision, device: Device): string | undefined {
  if (precision === 'fp32' || torch.bf16IsNative(device)) return undefined;
  return `precision bf16: ${device} has no instructions for it, so that it is emulated and slow; use --precision fp32`;
}

/** {@link emulationWarning} as an event of what begins. */
export function* emulationWarnings(
  { chosen, device, state }: Precisely,
  clock: Clock,
): Generator<Warning> {
  const message = emulationWarning(chosen.precision, device);
  if (message === undefined) return;
  const { step, epoch } = state;
  yield clock.stamp({ type: 'warning', step, epoch, code: 'precision-emulated', message });
}

interface Precisely {
  readonly chosen: ChosenPrecision;
  readonly device: Device;
  readonly state: { readonly step: number; readonly epoch: number };
}
