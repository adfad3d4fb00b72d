import fc from 'fast-check';
import type { Block, MicroArch } from '../../../src/spaces/micro/arch.ts';
import { microOps } from '../../../src/spaces/micro/decisions.ts';
import { blockName, sourcesOf } from '../../../src/spaces/micro/nodes.ts';
import { type MicroOptions, microOptionsSchema } from '../../../src/spaces/micro/options.ts';
import type { ImageTask } from '../../../src/spaces/space.ts';

function cellOf(blocks: number): fc.Arbitrary<readonly Block[]> {
  const op = fc.constantFrom(...microOps);
  return fc.tuple(
    ...Array.from({ length: blocks }, (_, block) => {
      const input = fc.constantFrom(...sourcesOf(block));
      return fc.record({ inputs: fc.tuple(input, input), ops: fc.tuple(op, op) });
    }),
  );
}

/** Any architecture with so many blocks in each cell. */
export function archOf(blocks: number): fc.Arbitrary<MicroArch> {
  return fc.record({
    space: fc.constant('micro' as const),
    normal: cellOf(blocks),
    reduce: cellOf(blocks),
  });
}

/** Options of any kind with so many blocks, few filters. */
export function optionsOf(blocks: number): fc.Arbitrary<MicroOptions> {
  const layers = fc.integer({ min: 1, max: 5 });
  const filters = fc.integer({ min: 1, max: 5 });
  const fixed = fc.record({ layers, filters, dropPathKeep: fc.constantFrom(0.5, 1) });
  return fc
    .record({ layers, filters, blocks: fc.constant(blocks), fixed })
    .map((options) => microOptionsSchema.parse(options));
}

/** Images of any size that an auxiliary head can stand on, odd ones too. */
export const tasks: fc.Arbitrary<ImageTask> = fc.record({
  kind: fc.constant('images' as const),
  channels: fc.integer({ min: 1, max: 4 }),
  height: fc.integer({ min: 17, max: 40 }),
  width: fc.integer({ min: 17, max: 40 }),
  classes: fc.integer({ min: 1, max: 20 }),
});

/** The same cells with their blocks in another order and the sides of blocks swapped at random. */
export function relabelled(arch: MicroArch): fc.Arbitrary<MicroArch> {
  const random = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true }));
  return random.map((stream) => {
    const draw = () => stream.next().value as number;
    return {
      space: 'micro',
      normal: shuffled(arch.normal, draw),
      reduce: shuffled(arch.reduce, draw),
    };
  });
}

function shuffled(blocks: readonly Block[], draw: () => number): readonly Block[] {
  const names = new Map([
    ['input0', 'input0'],
    ['input1', 'input1'],
  ]);
  const result: Block[] = [];
  const pending = blocks.map((block, b) => ({ name: blockName(b), block }));
  while (pending.length > 0) {
    const ready = pending.filter(({ block }) => block.inputs.every((input) => names.has(input)));
    const chosen = ready[Math.min(ready.length - 1, Math.floor(draw() * ready.length))]!;
    pending.splice(pending.indexOf(chosen), 1);
    names.set(chosen.name, blockName(result.length));
    const [a, b] = chosen.block.inputs.map((input) => names.get(input)!) as [string, string];
    const [opA, opB] = chosen.block.ops;
    result.push(
      draw() < 0.5 ? { inputs: [a, b], ops: [opA, opB] } : { inputs: [b, a], ops: [opB, opA] },
    );
  }
  return result;
}

export const cifar: ImageTask = { kind: 'images', channels: 3, height: 32, width: 32, classes: 10 };
