import type { Tensor } from '../torch/index.ts';
import * as torch from '../torch/index.ts';
import { type Augmentation, applyAugmentation, cropPadding, standardise } from './augment.ts';

/**
 * The images of an index, standardised and augmented.
 *
 * @param images uint8 [M, C, H, W]
 * @param index int64 [N]
 * @returns float32 [N, C, H, W], channels-last
 */
export function take(
  images: Tensor,
  index: Tensor,
  { mean, std }: { readonly mean: readonly number[]; readonly std: readonly number[] },
  augmentation?: Augmentation,
): Tensor {
  if (images.device !== 'cpu') {
    return torch.scope(() => {
      const standard = standardise(images.indexSelect(0, index), { mean, std });
      return augmentation === undefined ? standard : applyAugmentation(standard, augmentation);
    });
  }
  return torch.scope(() =>
    torch.imageBatch(images, index, {
      scale: std.map((s) => 1 / (255 * s)),
      shift: mean.map((m, c) => -m / std[c]!),
      ...(augmentation && {
        places: placesOf(augmentation),
        cut: augmentation.cutout?.side ?? 0,
      }),
    }),
  );
}

function placesOf({ top, left, flip, cutout }: Augmentation): Tensor {
  const centre = cutout ?? { y: torch.zerosLike(top), x: torch.zerosLike(top) };
  const [rows, columns] = [top.sub(cropPadding), left.sub(cropPadding)];
  return torch.cat([rows, columns, flip, centre.y, centre.x], 1);
}
