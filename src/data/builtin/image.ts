import type { Draw } from '../../random/streams.ts';
import { type Silhouette, type Surface, silhouettes, surfaces } from './classes.ts';

/** Side of an image in pixels. */
export const SIDE = 32;
/** Values of one image: 3 channels of {@link SIDE}². */
export const VALUES = 3 * SIDE * SIDE;

const PLANE = SIDE * SIDE;

type Colour = readonly [red: number, green: number, blue: number];
type Range = readonly [low: number, high: number];

// The figure is brighter than its background. With one range for both, a CNN of six layers and 16
// channels reached 38 % in 6 epochs, too slow for a search of minutes; with these, 87 %.
const DIM: Range = [0.05, 0.4];
const BRIGHT: Range = [0.35, 1];
const ANY: Range = [0.05, 1];

/**
 * Draws one image of a class into `out[offset …]`, as [3, 32, 32].
 *
 * What varies and means nothing: place, size, angle and colours of the figure; angle, period, phase
 * and strength of its surface; a background that runs between two colours and carries a surface of
 * its own; up to two bars across it; brightness; pixel noise.
 */
export function drawImage(draw: Draw, label: number, out: Uint8Array, offset: number): void {
  const canvas = new Float32Array(VALUES);
  paintBackground(canvas, draw);
  paintFigure(canvas, draw, silhouettes[label >> 1]![1], surfaces[label & 1]![1]);
  for (let bars = draw.integer(0, 2); bars > 0; bars--) paintBar(canvas, draw);
  const gain = between(draw, 0.8, 1.2);
  const lift = between(draw, -0.08, 0.08);
  const noise = between(draw, 0.01, 0.05);
  for (let i = 0; i < VALUES; i++) {
    // Uniform, with this standard deviation: a normal would take a logarithm and a cosine a value.
    const grain = (draw.uniform() - 0.5) * Math.sqrt(12) * noise;
    out[offset + i] = Math.min(
      255,
      Math.max(0, Math.round((canvas[i]! * gain + lift + grain) * 255)),
    );
  }
}

function paintBackground(canvas: Float32Array, draw: Draw): void {
  const from = colour(draw, DIM);
  const to = colour(draw, DIM);
  const angle = between(draw, 0, 2 * Math.PI);
  const dx = Math.cos(angle) / SIDE;
  const dy = Math.sin(angle) / SIDE;
  const texture = phases(draw);
  const tone = surfaces[draw.integer(0, 2)]![1];
  const strength = between(draw, 0, 0.04);
  for (let y = 0, i = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++, i++) {
      const along = 0.5 + (x - SIDE / 2) * dx + (y - SIDE / 2) * dy;
      const shade = strength * tone(texture.s(x, y), texture.t(x, y));
      for (let c = 0; c < 3; c++) {
        canvas[c * PLANE + i] = from[c]! + (to[c]! - from[c]!) * along + shade;
      }
    }
  }
}

function paintFigure(canvas: Float32Array, draw: Draw, inside: Silhouette, tone: Surface): void {
  const radius = between(draw, 9, 13);
  const centreX = between(draw, 12, 20);
  const centreY = between(draw, 12, 20);
  const angle = between(draw, -0.4, 0.4);
  const cos = Math.cos(angle) / radius;
  const sin = Math.sin(angle) / radius;
  const dark = colour(draw, BRIGHT);
  const light = contrasting(draw, BRIGHT, dark, 0.3);
  const texture = phases(draw);
  // The farthest corner of a silhouette is within 1.1 radii of its centre.
  const reach = 1.1 * radius + 1;
  const left = Math.max(0, Math.floor(centreX - reach));
  const right = Math.min(SIDE - 1, Math.ceil(centreX + reach));
  const top = Math.max(0, Math.floor(centreY - reach));
  const bottom = Math.min(SIDE - 1, Math.ceil(centreY + reach));
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const i = y * SIDE + x;
      const px = x - centreX;
      const py = y - centreY;
      const cover = inside(px * cos + py * sin, py * cos - px * sin) * radius + 0.5;
      if (cover <= 0) continue;
      const mix = 0.5 + 0.5 * tone(texture.s(x, y), texture.t(x, y));
      blend(canvas, i, dark, light, mix, Math.min(1, cover));
    }
  }
}

/** A straight bar of one colour across the image, through a point near the middle. */
function paintBar(canvas: Float32Array, draw: Draw): void {
  const angle = between(draw, 0, Math.PI);
  const nx = Math.cos(angle);
  const ny = Math.sin(angle);
  const through = between(draw, 4, 28) * nx + between(draw, 4, 28) * ny;
  const half = between(draw, 0.5, 1.5);
  const paint = colour(draw, ANY);
  for (let y = 0, i = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++, i++) {
      const cover = half + 0.5 - Math.abs(x * nx + y * ny - through);
      if (cover > 0) blend(canvas, i, paint, paint, 0, Math.min(1, cover));
    }
  }
}

function blend(
  canvas: Float32Array,
  i: number,
  dark: Colour,
  light: Colour,
  mix: number,
  cover: number,
): void {
  for (let c = 0; c < 3; c++) {
    const at = c * PLANE + i;
    const paint = dark[c]! + (light[c]! - dark[c]!) * mix;
    canvas[at] = canvas[at]! + (paint - canvas[at]!) * cover;
  }
}

/** Two perpendicular phases across the image, with a period of 4 to 6 pixels. */
function phases(draw: Draw) {
  const angle = between(draw, 0, Math.PI);
  const k = (2 * Math.PI) / between(draw, 4, 6);
  const kx = k * Math.cos(angle);
  const ky = k * Math.sin(angle);
  const s0 = between(draw, 0, 2 * Math.PI);
  const t0 = between(draw, 0, 2 * Math.PI);
  return {
    s: (x: number, y: number) => kx * x + ky * y + s0,
    t: (x: number, y: number) => kx * y - ky * x + t0,
  };
}

function colour(draw: Draw, [low, high]: Range): Colour {
  return [between(draw, low, high), between(draw, low, high), between(draw, low, high)];
}

/** A colour that differs from `other` by at least `gap` in every channel; `gap` is under half the range. */
function contrasting(draw: Draw, [low, high]: Range, other: Colour, gap: number): Colour {
  const away = (value: number) =>
    value < (low + high) / 2 ? between(draw, value + gap, high) : between(draw, low, value - gap);
  return [away(other[0]), away(other[1]), away(other[2])];
}

function between(draw: Draw, low: number, high: number): number {
  return low + (high - low) * draw.uniform();
}
