import fc from 'fast-check';
import { archOf, type NasBench201Arch } from '../../../src/spaces/nasbench201/arch.ts';
import { type EdgeOp, edgeOps } from '../../../src/spaces/nasbench201/decisions.ts';
import type { ImageTask } from '../../../src/spaces/space.ts';

/** Any cell of the space. */
export const archs: fc.Arbitrary<NasBench201Arch> = fc
  .array(fc.constantFrom(...edgeOps), { minLength: 6, maxLength: 6 })
  .map(archOf);

/** The cell with one operator on every edge. */
export const allOf = (op: EdgeOp): NasBench201Arch => archOf([op, op, op, op, op, op]);

/** Images of any size, odd ones too. */
export const tasks: fc.Arbitrary<ImageTask> = fc.record({
  kind: fc.constant('images' as const),
  channels: fc.integer({ min: 1, max: 4 }),
  height: fc.integer({ min: 1, max: 40 }),
  width: fc.integer({ min: 1, max: 40 }),
  classes: fc.integer({ min: 1, max: 20 }),
});

export const cifar: ImageTask = { kind: 'images', channels: 3, height: 32, width: 32, classes: 10 };
