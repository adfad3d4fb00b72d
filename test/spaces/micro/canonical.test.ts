import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Block, MicroArch } from '../../../src/spaces/micro/arch.ts';
import { canonical } from '../../../src/spaces/micro/canonical.ts';
import { archOf, relabelled } from './arbitrary.ts';
import { permutations } from './permutations.ts';

const withNormal = (normal: readonly Block[]): MicroArch => ({
  space: 'micro',
  normal,
  reduce: normal,
});

/** Whether some numbering makes the cells equal but for sides: by trying all. */
function isomorphic(a: readonly Block[], b: readonly Block[]): boolean {
  const wanted = b.map(sides).join();
  return permutations(a.length).some((order) => {
    const names = new Map([
      ['input0', 'input0'],
      ['input1', 'input1'],
      ...order.map((to, from) => [`node${from + 2}`, `node${to + 2}`] as const),
    ]);
    const renamed = a.map((block, from) => ({
      name: order[from]!,
      block: { ...block, inputs: block.inputs.map((input) => names.get(input)!) as never },
    }));
    const inOrder = renamed.sort((x, y) => x.name - y.name).map(({ block }) => sides(block));
    return inOrder.join() === wanted;
  });
}

function sides({ inputs, ops }: Block): string {
  return [0, 1]
    .map((side) => `${ops[side]}(${inputs[side]})`)
    .sort()
    .join('+');
}

describe('the canonical form of a micro architecture', () => {
  it('is the same for any numbering of blocks and any order of sides', () => {
    fc.assert(
      fc.property(
        archOf(5).chain((arch) => fc.tuple(fc.constant(arch), relabelled(arch))),
        ([arch, other]) => {
          expect(canonical(other)).toEqual(canonical(arch));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('is isomorphic to the architecture, and its own canonical form', () => {
    fc.assert(
      fc.property(archOf(4), (arch) => {
        const form = canonical(arch);
        expect(isomorphic(arch.normal, form.normal)).toBe(true);
        expect(isomorphic(arch.reduce, form.reduce)).toBe(true);
        expect(canonical(form)).toEqual(form);
      }),
      { numRuns: 30 },
    );
  });

  it('differs for architectures that are not isomorphic', () => {
    // One operator and few blocks, and every other time the same cells in another order.
    const small = archOf(3).map(({ normal }) =>
      withNormal(normal.map((block): Block => ({ ...block, ops: ['identity', 'identity'] }))),
    );
    const pairs = small.chain((a) => fc.tuple(fc.constant(a), fc.oneof(small, relabelled(a))));
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        const same = JSON.stringify(canonical(a).normal) === JSON.stringify(canonical(b).normal);
        expect(same).toBe(isomorphic(a.normal, b.normal));
        seen.add(same);
      }),
      { numRuns: 200 },
    );
    expect(seen.size).toBe(2);
  });

  it('tells a block that reads one of two equal blocks twice from one that reads both', () => {
    const ops = ['sep3x3', 'sep3x3'] as const;
    const twin = { inputs: ['input0', 'input1'], ops } as const;
    const cell = (a: string, b: string) => [twin, twin, { inputs: [a, b], ops } as const];
    const form = (a: string, b: string) => canonical(withNormal(cell(a, b)));
    expect(form('node2', 'node3')).not.toEqual(form('node2', 'node2'));
    expect(form('node3', 'node3')).toEqual(form('node2', 'node2'));
  });

  it('does not take the inputs for each other, nor the cells', () => {
    const ops = ['sep3x3', 'identity'] as const;
    const cell = (input: string) => [{ inputs: [input, input], ops } as const];
    const form = (normal: string, reduce: string) =>
      canonical({ space: 'micro', normal: cell(normal), reduce: cell(reduce) });
    expect(form('input0', 'input0')).not.toEqual(form('input1', 'input1'));
    expect(form('input0', 'input1')).not.toEqual(form('input1', 'input0'));
  });

  it('is found for as many equal blocks as there can be, and where they are read in pairs', () => {
    const ops = ['sep3x3', 'sep3x3'] as const;
    const twin = { inputs: ['input0', 'input1'], ops } as const;
    const twins = Array.from({ length: 8 }, () => twin);
    expect(canonical(withNormal(twins)).normal).toEqual(twins);
    const reading = (a: string, b: string) => ({ inputs: [a, b], ops }) as const;
    const [first, second, third] = [
      reading('node2', 'node3'),
      reading('node4', 'node5'),
      reading('node6', 'node6'),
    ];
    const cell = (...readers: readonly Block[]) => withNormal([...twins.slice(0, 5), ...readers]);
    expect(canonical(cell(first, second, third))).toEqual(canonical(cell(third, first, second)));
  });
});
