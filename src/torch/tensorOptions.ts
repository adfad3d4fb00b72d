import { known } from '../errors/known.ts';
import type { Device, DType, MemoryFormat } from './types.ts';

export interface ReduceOptions {
  /** Keep reduced dimensions with size 1. Default false. */
  readonly keepdim?: boolean;
}

export interface AlphaOptions {
  /** What the other operand is multiplied with. Default 1. */
  readonly alpha?: number;
}

export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

export interface VarianceOptions extends ReduceOptions {
  readonly correction?: number;
}

export interface ToOptions {
  readonly dtype?: DType;
  readonly device?: Device;
  readonly memoryFormat?: MemoryFormat;
  /** Let a copy from pinned memory to a device overlap with other work. Default false. */
  readonly nonBlocking?: boolean;
}

export interface BackwardOptions {
  /** Keep what the graph saved, to go through it again. Default false. */
  readonly retainGraph?: boolean;
  /**
   * Record the backward pass too, for second derivatives. Default false. A leaf and its `grad` then hold each
   * other. Both are freed when the leaf's last Tensor is released or its `grad` cleared, but never where
   * that Tensor was released before `backward`; `torch.grad` has no such cycle.
   */
  readonly createGraph?: boolean;
}

export const varianceKeys = ['keepdim', 'correction'] as const;
export const toKeys = ['dtype', 'device', 'memoryFormat', 'nonBlocking'] as const;
export const backwardKeys = ['retainGraph', 'createGraph'] as const;

export function keepdim(where: string, options: ReduceOptions | undefined): boolean {
  return options === undefined ? false : (known(where, options, ['keepdim']).keepdim ?? false);
}

export function alpha(where: string, options: AlphaOptions | undefined): number | undefined {
  return options === undefined ? undefined : known(where, options, ['alpha']).alpha;
}
