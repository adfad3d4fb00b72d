import type { Shape } from '../graph/shape.ts';
import type { Device, Tensor } from '../torch/index.ts';
import * as torch from '../torch/index.ts';

/** A recurrent network's states by name, each [N, …]. */
export type NamedStates = Readonly<Record<string, Tensor>>;

/**
 * The states before the first token: zeros for each of `columns` texts.
 *
 * @param shapes of the states by name, without the batch
 */
export function zeroStates(
  shapes: Readonly<Record<string, Shape>>,
  columns: number,
  device: Device,
): NamedStates {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      torch.zeros([columns, ...shape], { device }),
    ]),
  );
}
