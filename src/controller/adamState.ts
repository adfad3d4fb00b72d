import type { Adam, Tensor } from '../torch/index.ts';

/**
 * Adam's moments and step counts by name, for a checkpoint.
 *
 * @param parameters what Adam moves, in its order
 */
export function adamState(
  { averages, squares, steps }: Adam,
  parameters: ReadonlyMap<string, Tensor>,
): Record<string, Tensor> {
  return Object.fromEntries(
    [...parameters.keys()].flatMap((name, i) => [
      [`adam/average/${name}`, averages[i]!],
      [`adam/square/${name}`, squares[i]!],
      [`adam/step/${name}`, steps[i]!],
    ]),
  );
}
