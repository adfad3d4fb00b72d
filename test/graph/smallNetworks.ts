import { resolveConfig, spaceOf } from '../../src/run/config.ts';
import type { Space } from '../../src/spaces/space.ts';

export const task = { kind: 'images', channels: 3, height: 8, width: 8, classes: 4 } as const;

/** A space of images with networks as small as they get. */
export function spaceNamed(name: string): Space {
  const options = name === 'nasbench201' ? { cells: 1 } : { filters: 4, layers: 3 };
  return spaceOf(resolveConfig({ space: name, config: { space: { options } } }));
}

/** Each kind of network of each space of images. */
export const networks = ['macro', 'micro', 'nasbench201'].flatMap((name) =>
  (['child', 'fixed'] as const).map((kind) => ({ name, kind })),
);
