/**
 * The ten classes of the built-in set: a silhouette (what is told apart at the scale of the whole
 * figure) crossed with a surface (told apart at the scale of a few pixels). Neither alone says the
 * class, so a network needs both a wide receptive field and the fine features of its early layers.
 */

/**
 * How far inside the figure a point is, in units of the figure's radius: positive inside, 0 on the
 * outline, negative outside. `u`, `v` are the figure's own coordinates; it fills about [−1, 1]².
 */
export type Silhouette = (u: number, v: number) => number;

const SQRT3_HALF = Math.sqrt(3) / 2;

export const silhouettes: ReadonlyArray<readonly [name: string, inside: Silhouette]> = [
  ['disc', (u, v) => 0.85 - Math.hypot(u, v)],
  ['square', (u, v) => 0.75 - Math.max(Math.abs(u), Math.abs(v))],
  ['triangle', (u, v) => 0.5 - Math.max(v, SQRT3_HALF * Math.abs(u) - 0.5 * v)],
  [
    'cross',
    (u, v) => {
      const a = Math.abs(u);
      const b = Math.abs(v);
      return Math.max(Math.min(0.36 - a, 1 - b), Math.min(0.36 - b, 1 - a));
    },
  ],
  ['ring', (u, v) => 0.25 - Math.abs(Math.hypot(u, v) - 0.7)],
];

/** Which of the two colours a point of the surface has, from −1 to 1; `s`, `t` are phases in radians. */
export type Surface = (s: number, t: number) => number;

export const surfaces: ReadonlyArray<readonly [name: string, tone: Surface]> = [
  ['striped', (s) => Math.sin(s)],
  ['chequered', (s, t) => Math.sin(s) * Math.sin(t)],
];

/** `striped disc`, `chequered disc`, `striped square`, …: class i is silhouette ⌊i / 2⌋, surface i mod 2. */
export const classes: readonly string[] = silhouettes.flatMap(([shape]) =>
  surfaces.map(([surface]) => `${surface} ${shape}`),
);
