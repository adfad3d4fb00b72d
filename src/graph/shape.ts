/** Shape of one example, without the batch: `[C, H, W]` for a feature map, `[F]` for features, `[]` for a token. */
export type Shape = readonly number[];

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** Number of elements; 1 for a scalar. */
export function elements(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** As it stands in messages: `[36, 16, 16]`. */
export function showShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** Size along one axis after a window slides over it: ⌊(size + 2·padding − kernel) / stride⌋ + 1. */
export function windowed(size: number, kernel: number, stride: number, padding: number): number {
  return Math.floor((size + 2 * padding - kernel) / stride) + 1;
}
