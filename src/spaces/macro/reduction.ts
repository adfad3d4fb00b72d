/** Layers after which every earlier output is reduced: two, so that there are three stages. */
export function reductionsAfter(layers: number): readonly [number, number] {
  return [layers / 3 - 1, (2 * layers) / 3 - 1];
}
