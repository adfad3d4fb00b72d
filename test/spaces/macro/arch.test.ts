import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { macro } from '../../../src/spaces/macro/index.ts';
import { macroOptionsSchema } from '../../../src/spaces/macro/options.ts';
import type { Choices } from '../../../src/spaces/space.ts';
import { archOf, cifar } from './arbitrary.ts';

const create = (layers: number) => macro.create(macroOptionsSchema.parse({ layers }));

describe('decisions of the macro space', () => {
  it('have the entropy of 6^12 · 2^66 networks under a uniform policy', () => {
    const nats = create(12).decisions.map((decision) =>
      decision.kind === 'op'
        ? Math.log(decision.options.length)
        : decision.kind === 'skips'
          ? decision.among.length * Math.log(2)
          : Number.NaN,
    );
    expect(nats.reduce((a, b) => a + b, 0)).toBeCloseTo(67.25, 2);
  });

  it('anchor each layer at its last decision and the stem at a step of its own', () => {
    const { decisions } = create(3);
    expect(decisions).toMatchObject([
      { name: 'layer0/op', kind: 'op', roots: ['stem'], anchor: 'layer0' },
      { name: 'layer1/op', kind: 'op' },
      { name: 'layer1/skips', kind: 'skips', among: ['stem'], anchor: 'layer1' },
      { name: 'layer2/op', kind: 'op' },
      { name: 'layer2/skips', kind: 'skips', among: ['stem', 'layer0'], anchor: 'layer2' },
    ]);
    expect(decisions[1]!.anchor).toBeUndefined();
  });

  it('read only anchors that exist by then', () => {
    const known = new Set<string>();
    for (const decision of create(12).decisions) {
      for (const root of decision.roots ?? []) known.add(root);
      if (decision.kind === 'skips') {
        expect(decision.among.every((name) => known.has(name))).toBe(true);
      }
      if (decision.anchor !== undefined) known.add(decision.anchor);
    }
  });
});

describe('decode and encode', () => {
  it('are inverse to each other', () => {
    const space = create(6);
    const bits = (n: number) => fc.array(fc.constantFrom(0, 1), { minLength: n, maxLength: n });
    const op = fc.integer({ min: 0, max: 5 });
    const choices = fc
      .tuple(op, ...Array.from({ length: 5 }, (_, l) => fc.tuple(op, bits(l + 1))))
      .map(([first, ...rest]): Choices => [first, ...rest.flat()]);
    fc.assert(
      fc.property(choices, (drawn) => {
        expect(space.encode(space.decode(drawn))).toEqual(drawn);
      }),
    );
    fc.assert(
      fc.property(archOf(6), (arch) => {
        expect(space.decode(space.encode(arch))).toEqual(arch);
        expect(space.archSchema.parse(JSON.parse(JSON.stringify(arch)))).toEqual(arch);
      }),
    );
  });

  it('give bit j of a layer to the stem for j = 0, else to layer j − 1', () => {
    const arch = create(3).decode([4, 1, [0], 3, [0, 1]]);
    expect(arch).toEqual({
      space: 'macro',
      layers: [
        { op: 'avgpool3x3', skips: [] },
        { op: 'sep3x3', skips: [] },
        { op: 'sep5x5', skips: ['layer0'] },
      ],
    });
  });

  it.each<[string, Choices, RegExp]>([
    ['too few choices', [1, 2], /^macro choices: expected 5 choices for 3 layers/],
    [
      'an operator out of range',
      [6, 0, [0], 0, [0, 0]],
      /^choice of layer0\/op: .*from 0 to 5, got 6/,
    ],
    ['too few bits', [0, 0, [0], 0, [0]], /^choice of layer2\/skips: expected 2 numbers/],
    ['a bit that is not one', [0, 0, [2], 0, [0, 0]], /^choice of layer1\/skips: .*each 0 or 1/],
    ['a number for bits', [0, 0, 1, 0, [0, 0]], /^choice of layer1\/skips: .*got 1/],
  ])('refuse %s', (_, choices, message) => {
    expect(() => create(3).decode(choices)).toThrow(message);
  });
});

describe('an architecture that is wrong', () => {
  const plain = { op: 'conv3x3', skips: [] };
  it.each<[string, unknown, RegExp]>([
    ['too few layers', [plain, plain], /\.layers: expected 3 layers, got 2; make the space with/],
    ['too many layers', [plain, plain, plain, plain], /\.layers: expected 3 layers, got 4/],
    ['no list', 3, /\.layers: expected .*, got 3/],
    [
      'a mistyped operator',
      [plain, { ...plain, op: 'conv3x' }, plain],
      /^macro architecture\.layers\[1\]\.op: expected one of .*, got "conv3x"; did you mean conv3x3\?$/,
    ],
    [
      'a skip from a layer that is not earlier',
      [plain, { ...plain, skips: ['layer0'] }, plain],
      /\.layers\[1\]\.skips\[0\]: expected stem, got "layer0"$/,
    ],
    [
      'a skip on the first layer',
      [{ ...plain, skips: ['stem'] }, plain, plain],
      /\.layers\[0\]\.skips/,
    ],
    [
      'a skip named twice',
      [plain, { ...plain, skips: ['stem', 'stem'] }, plain],
      /\.layers\[1\]\.skips: expected each source once/,
    ],
    [
      'an unknown key',
      [plain, { ...plain, skip: [] }, plain],
      /\.layers\[1\]\.skip: unknown key; did you mean layers\[1\]\.skips\?$/,
    ],
  ])('is refused with its place: %s', (_, layers, message) => {
    const arch = { space: 'macro', layers } as never;
    const space = create(3);
    expect(() => space.child(arch, cifar)).toThrow(message);
    expect(() => space.encode(arch)).toThrow(message);
    expect(() => space.picture(arch)).toThrow(message);
  });

  it('of another space is refused', () => {
    const arch = { space: 'micro', layers: [plain, plain, plain] } as never;
    expect(() => create(3).child(arch, cifar)).toThrow(/\.space: expected macro, got "micro"/);
  });

  it('may leave out empty skips and list skips in any order', () => {
    const layers = [{ op: 'conv3x3' }, plain, { op: 'conv3x3', skips: ['layer0', 'stem'] }];
    const arch = create(3).archSchema.parse({ space: 'macro', layers });
    expect(arch.layers[0]!.skips).toEqual([]);
    expect(arch.layers[2]!.skips).toEqual(['stem', 'layer0']);
  });
});
