import type { Decision } from '../space.ts';

/** The operators of a layer; an operator's place here is its number in the authors' format. */
export const macroOps = [
  'conv3x3',
  'sep3x3',
  'conv5x5',
  'sep5x5',
  'avgpool3x3',
  'maxpool3x3',
] as const;

export type MacroOp = (typeof macroOps)[number];

/**
 * What a skip connection of a layer can come from, in the order of the authors' bits: the stem, then
 * every earlier layer but the direct predecessor, which is an input of the layer anyhow.
 */
export function skipSources(layer: number): readonly string[] {
  if (layer === 0) return [];
  return ['stem', ...Array.from({ length: layer - 1 }, (_, earlier) => `layer${earlier}`)];
}

/**
 * The controller's decisions: for each layer its operator, then which of the {@link skipSources} are
 * connected to it (Pham et al. 2018, section 2.3). 6^L · 2^(L(L−1)/2) networks.
 */
export function decisions(layers: number): readonly Decision[] {
  return Array.from({ length: layers }, (_, l): readonly Decision[] => {
    const name = `layer${l}`;
    const op = { kind: 'op', name: `${name}/op`, options: macroOps } as const;
    if (l === 0) return [{ ...op, roots: ['stem'], anchor: name }];
    return [op, { kind: 'skips', name: `${name}/skips`, among: skipSources(l), anchor: name }];
  }).flat();
}
