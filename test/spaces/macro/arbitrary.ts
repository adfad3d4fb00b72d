import fc from 'fast-check';
import type { MacroArch } from '../../../src/spaces/macro/arch.ts';
import { macroOps, skipSources } from '../../../src/spaces/macro/decisions.ts';
import type { MacroOptions } from '../../../src/spaces/macro/options.ts';
import { macroOptionsSchema } from '../../../src/spaces/macro/options.ts';
import type { ImageTask } from '../../../src/spaces/space.ts';

/** Any architecture with so many layers. */
export function archOf(layers: number): fc.Arbitrary<MacroArch> {
  const items = Array.from({ length: layers }, (_, l) =>
    fc.record({ op: fc.constantFrom(...macroOps), skips: fc.subarray([...skipSources(l)]) }),
  );
  return fc.record({ space: fc.constant('macro' as const), layers: fc.tuple(...items) });
}

/** Options of any kind with so many layers, few filters. */
export function optionsOf(layers: number): fc.Arbitrary<MacroOptions> {
  const merge = fc.constantFrom('before', 'after', 'sum' as const);
  const fixed = fc.record({
    filters: fc.integer({ min: 2, max: 9 }),
    merge: fc.oneof(merge, fc.constant('search')),
    separable: fc.constantFrom('depthwise', 'full'),
    skipBatchNorm: fc.boolean(),
  });
  return fc
    .record({ layers: fc.constant(layers), filters: fc.integer({ min: 2, max: 9 }), merge, fixed })
    .map((options) => macroOptionsSchema.parse(options));
}

/** Images of any size, odd ones too. */
export const tasks: fc.Arbitrary<ImageTask> = fc.record({
  kind: fc.constant('images' as const),
  channels: fc.integer({ min: 1, max: 4 }),
  height: fc.integer({ min: 1, max: 40 }),
  width: fc.integer({ min: 1, max: 40 }),
  classes: fc.integer({ min: 1, max: 20 }),
});

export const cifar: ImageTask = { kind: 'images', channels: 3, height: 32, width: 32, classes: 10 };
