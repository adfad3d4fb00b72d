import type { Streams } from '../random/streams.ts';
import * as torch from '../torch/index.ts';
import { type Device, functional as F, type Tensor } from '../torch/index.ts';

/** Zeros on each side before a random crop back to size (Pham et al. 2018, section 3.2). */
export const cropPadding = 4;

/**
 * uint8 images as float32, each channel with mean 0 and standard deviation 1.
 *
 * @param images uint8 [N, C, H, W]
 * @param mean of each channel, of values scaled to [0, 1]; `std` likewise
 * @returns float32 [N, C, H, W], channels-last
 */
export function standardise(
  images: Tensor,
  { mean, std }: { readonly mean: readonly number[]; readonly std: readonly number[] },
): Tensor {
  return torch.scope(() => {
    const channels = mean.length;
    // One copy to the device for both.
    const factors = torch.fromTypedArray(
      Float32Array.from([...std.map((s) => 1 / (255 * s)), ...mean.map((m, c) => -m / std[c]!)]),
      [2, 1, channels, 1, 1],
      { device: images.device },
    );
    const pixels = images.to({ dtype: 'float32', memoryFormat: 'channelsLast' });
    return pixels.mul_(factors.select(0, 0)).add_(factors.select(0, 1));
  });
}

export interface AugmentOptions {
  readonly streams: Streams;
  /** The draws are a function of (streams, step). */
  readonly step: number;
  /** Side of the CutOut square (DeVries & Taylor 2017); 0 = none. */
  readonly cutout?: number;
}

/** What is drawn for a minibatch, each int64 [N, 1]. */
export interface Augmentation {
  /** Where the crop begins in the padded image. */
  readonly top: Tensor;
  readonly left: Tensor;
  /** 1 to flip left to right. */
  readonly flip: Tensor;
  /** The square's side, and the pixel that it is cut out round. */
  readonly cutout?: { readonly side: number; readonly y: Tensor; readonly x: Tensor };
}

/**
 * The draws for images [N, C, H, W] on a device. They are made on the host, so that they are the same on
 * every device, and go there in one copy that nothing waits for.
 */
export function drawAugmentation(
  [n, , height, width]: readonly [number, number, number, number],
  device: Device,
  { streams, step, cutout = 0 }: AugmentOptions,
): Augmentation {
  const draw = (what: string, high: number) =>
    torch.randint(0, high, [n, 1], { seed: streams.key(`augment/${what}`, step) });
  const shifts = 2 * cropPadding + 1;
  const drawn = [draw('crop/top', shifts), draw('crop/left', shifts), draw('flip', 2)];
  if (cutout > 0) drawn.push(draw('cutout/y', height), draw('cutout/x', width));
  const there = torch.upload(torch.stack(drawn), device);
  const [top, left, flip, y, x] = drawn.map((_, i) => there.select(0, i));
  return {
    top: top!,
    left: left!,
    flip: flip!,
    ...(cutout > 0 && { cutout: { side: cutout, y: y!, x: x! } }),
  };
}

/**
 * The paper's augmentation of a standardised batch: pad by 4 zeros, crop back at a random place, flip
 * left to right with probability ½, and cut out a square round a random pixel if asked. The padding
 * is zero after standardisation, that is the mean colour, as in the authors' code.
 *
 * @param images float32 [N, C, H, W]
 * @returns float32 [N, C, H, W], channels-last, on the device of the images
 */
export function augment(images: Tensor, options: AugmentOptions): Tensor {
  return torch.scope(() => {
    const shape = images.shape as [number, number, number, number];
    return applyAugmentation(images, drawAugmentation(shape, images.device, options));
  });
}

/** {@link augment} with what was drawn, by tensor operations that every device has. */
export function applyAugmentation(
  images: Tensor,
  { top, left, flip, cutout }: Augmentation,
): Tensor {
  return torch.scope(() => {
    const [n, , height, width] = images.shape as [number, number, number, number];
    const device = images.device;
    const rows = torch.arange(height, { device }).add(top);
    const across = torch.arange(width, { device });
    const flipped = torch.where(flip.eq(1), across.mul(-1).add(width - 1), across);
    const columns = flipped.add(left);
    const cropped = gatherPixels(F.pad(images, new Array(4).fill(cropPadding)), rows, columns);
    if (cutout === undefined) return cropped;
    return cropped.mul_(outsideSquare(n, height, width, cutout.side, cutout.y, cutout.x));
  });
}

/**
 * From every image the pixels at its own rows × columns: one `indexSelect` over all pixels of the
 * batch, because a loop over images costs more than a small network's whole step.
 */
function gatherPixels(images: Tensor, rows: Tensor, columns: Tensor): Tensor {
  const [n, channels, height, width] = images.shape as [number, number, number, number];
  const [outHeight, outWidth] = [rows.shape[1]!, columns.shape[1]!];
  const image = torch.arange(n, { device: images.device }).reshape([n, 1, 1]);
  const index = image.mul(height).add(rows.unsqueeze(2)).mul(width).add(columns.unsqueeze(1));
  const pixels = images.permute([0, 2, 3, 1]).reshape([n * height * width, channels]);
  return pixels
    .indexSelect(0, index.flatten())
    .reshape([n, outHeight, outWidth, channels])
    .permute([0, 3, 1, 2]);
}

/** 0 inside the square of side `side` whose centre is pixel (y, x), 1 elsewhere: float32 [N, 1, H, W]. */
function outsideSquare(
  n: number,
  height: number,
  width: number,
  side: number,
  y: Tensor,
  x: Tensor,
): Tensor {
  const inside = (size: number, centre: Tensor) => {
    const offset = torch.arange(size, { device: centre.device }).sub(centre);
    return offset.ge(-Math.floor(side / 2)).logicalAnd(offset.lt(Math.ceil(side / 2)));
  };
  const square = inside(height, y)
    .reshape([n, 1, height, 1])
    .logicalAnd(inside(width, x).reshape([n, 1, 1, width]));
  return square.logicalNot().to({ dtype: 'float32' });
}
