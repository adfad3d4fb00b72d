import { empty } from './creation.ts';
import { scope } from './scope.ts';
import type { Tensor } from './tensor.ts';

/** How a tensor lies in memory, without the tensor. */
export type Layout = Pick<Tensor, 'shape' | 'dtype' | 'device'> & {
  readonly channelsLast: boolean;
};

export function layoutOf(tensor: Tensor): Layout {
  const { shape, dtype, device } = tensor;
  const channelsLast = !tensor.isContiguous() && tensor.isContiguous('channelsLast');
  return { shape, dtype, device, channelsLast };
}

/** Uninitialised memory of a layout. */
export function emptyOf({ shape, dtype, device, channelsLast }: Layout): Tensor {
  if (!channelsLast) return empty(shape, { dtype, device });
  return scope(() => empty(shape, { dtype, device }).contiguous({ memoryFormat: 'channelsLast' }));
}
