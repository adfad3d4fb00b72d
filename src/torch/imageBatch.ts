import { known } from '../errors/known.ts';
import { native } from './addon.ts';
import { handleOf, Tensor } from './tensor.ts';

export interface ImageBatchOptions {
  /** A pixel becomes scale[c]·pixel + shift[c]. */
  readonly scale: readonly number[];
  readonly shift: readonly number[];
  /**
   * int64 [N, 5], a row of top, left, flip, cutY, cutX for each image: its pixel (y, x) is (y + top,
   * x' + left) of the source, x' = flip ? W − 1 − x : x, and zero where there is none.
   */
  readonly places?: Tensor;
  /** Side of the square of zeros round the pixel (cutY, cutX); 0 = none. Default 0. */
  readonly cut?: number;
}

const keys = ['scale', 'shift', 'places', 'cut'] as const;

/**
 * A minibatch in one pass over memory, on the CPU: of uint8 images [M, C, H, W] those of an int64
 * index [N], scaled, shifted, flipped and cut out, float32 [N, C, H, W], channels-last.
 */
export function imageBatch(images: Tensor, index: Tensor, options: ImageBatchOptions): Tensor {
  const { scale, shift, places, cut = 0 } = known('imageBatch', options, keys);
  const placed = places === undefined ? undefined : handleOf(places);
  return new Tensor(
    native.imageBatch(handleOf(images), handleOf(index), scale, shift, placed, cut),
  );
}
