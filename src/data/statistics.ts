/** Mean and standard deviation of each channel, of values scaled to [0, 1]. */
export interface ChannelStatistics {
  readonly mean: readonly number[];
  /** Population standard deviation; 1 for a channel whose values are all the same. */
  readonly std: readonly number[];
}

/**
 * Statistics of each channel over images, exact but for the last rounding: byte values are counted.
 *
 * @param pixels uint8 [N, channels, H, W], contiguous
 * @param plane H·W
 */
export function channelStatistics(
  pixels: Uint8Array,
  channels: number,
  plane: number,
): ChannelStatistics {
  const counts = Array.from({ length: channels }, () => new Float64Array(256));
  for (let start = 0, c = 0; start < pixels.length; start += plane, c = (c + 1) % channels) {
    const count = counts[c]!;
    for (let i = start; i < start + plane; i++) count[pixels[i]!]!++;
  }
  const moments = counts.map(momentsOf);
  return { mean: moments.map(({ mean }) => mean), std: moments.map(({ std }) => std) };
}

function momentsOf(count: Float64Array): { mean: number; std: number } {
  const total = count.reduce((sum, n) => sum + n, 0);
  const mean = count.reduce((sum, n, value) => sum + n * value, 0) / total;
  const variance = count.reduce((sum, n, value) => sum + n * (value - mean) ** 2, 0) / total;
  // A constant channel would else be divided by 0 when it is standardised.
  return { mean: mean / 255, std: variance === 0 ? 1 : Math.sqrt(variance) / 255 };
}
