import type { Streams } from '../random/streams.ts';
import * as torch from '../torch/index.ts';
import { type Device, functional as F, type Tensor } from '../torch/index.ts';

/** Zeros on each side before a random crop back to size (Pham et al. 2018, section 3.2). */
const cropPadding = 4;

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

/**
 * The paper's augmentation of a standardised batch: pad by 4 zeros, crop back at a random place, flip
 * left to right with probability ½, and cut out a square round a random pixel if asked. The padding
 * is zero after standardisation, that is the mean colour, as in the authors' code.
 *
 * @param images float32 [N, C, H, W]
 * @returns float32 [N, C, H, W], channels-last, on the device of the images
 */
export function augment(images: Tensor, { streams, step, cutout = 0 }: AugmentOptions): Tensor {
  return torch.scope(() => {
    const [n, , height, width] = images.shape as [number, number, number, number];
    const device = images.device;
    const shifts = 2 * cropPadding + 1;
    const ranges: Record<string, number> = { 'crop/top': shifts, 'crop/left': shifts, flip: 2 };
    if (cutout > 0) Object.assign(ranges, { 'cutout/y': height, 'cutout/x': width });
    const [top, leftmost, flip, y, x] = drawn(ranges, n, { streams, step, device });
    const rows = torch.arange(height, { device }).add(top!);
    const left = torch.arange(width, { device });
    const flipped = torch.where(flip!.eq(1), left.mul(-1).add(width - 1), left);
    const columns = flipped.add(leftmost!);
    const cropped = gatherPixels(F.pad(images, new Array(4).fill(cropPadding)), rows, columns);
    if (cutout === 0) return cropped;
    return cropped.mul_(outsideSquare(n, height, width, cutout, y!, x!));
  });
}

/**
 * A whole number below each range for every image: int64 [n, 1] each. They are drawn on the host, so
 * that they are the same on every device, and go to the device in one copy that nothing waits for.
 */
function drawn(
  ranges: Readonly<Record<string, number>>,
  n: number,
  { streams, step, device }: { streams: Streams; step: number; device: Device },
): Tensor[] {
  const draws = Object.entries(ranges).map(([what, high]) =>
    torch.randint(0, high, [n, 1], { seed: streams.key(`augment/${what}`, step) }),
  );
  const onDevice = torch.upload(torch.stack(draws), device);
  return draws.map((_, i) => onDevice.select(0, i));
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
