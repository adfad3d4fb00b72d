import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { micro } from '../../../src/spaces/micro/index.ts';
import { looseEnds } from '../../../src/spaces/micro/looseEnds.ts';
import { microOptionsSchema } from '../../../src/spaces/micro/options.ts';
import type { Choices } from '../../../src/spaces/space.ts';
import { archOf, cifar } from './arbitrary.ts';
import { publishedMicro } from './published.ts';

const create = (blocks: number, options: object = {}) =>
  micro.create(microOptionsSchema.parse({ blocks, ...options }));

describe('decisions of the micro space', () => {
  it('have the entropy of (5·5!)⁴·… = 720⁴·5²⁰ cells under a uniform policy', () => {
    const nats = create(5).decisions.map((decision) =>
      decision.kind === 'op'
        ? Math.log(decision.options.length)
        : decision.kind === 'input'
          ? Math.log(decision.among.length)
          : Number.NaN,
    );
    expect(nats.reduce((a, b) => a + b, 0)).toBeCloseTo(58.51, 2);
  });

  it('are two inputs and two operators for each block, normal cell first', () => {
    const { decisions } = create(2);
    expect(decisions.map(({ name }) => name)).toEqual(
      ['normal/node2', 'normal/node3', 'reduce/node2', 'reduce/node3'].flatMap((node) =>
        ['a/input', 'b/input', 'a/op', 'b/op'].map((side) => `${node}/${side}`),
      ),
    );
    expect(decisions[5]).toMatchObject({
      kind: 'input',
      among: ['normal/input0', 'normal/input1', 'normal/node2'],
    });
  });

  it('make both inputs of each cell roots and anchor a block at its last decision', () => {
    const known = new Set<string>();
    const roots: unknown[] = [];
    for (const decision of create(5).decisions) {
      if (decision.roots !== undefined) roots.push([decision.name, decision.roots]);
      for (const root of decision.roots ?? []) known.add(root);
      if (decision.kind === 'input') {
        expect(decision.among.every((name) => known.has(name))).toBe(true);
      }
      if (decision.anchor !== undefined) {
        expect(decision.name).toBe(`${decision.anchor}/b/op`);
        known.add(decision.anchor);
      }
    }
    expect(roots).toEqual([
      ['normal/node2/a/input', ['normal/input0', 'normal/input1']],
      ['reduce/node2/a/input', ['reduce/input0', 'reduce/input1']],
    ]);
    expect(known.size).toBe(2 * 7);
  });

  it("have the authors' bias and prior on operators only when asked for", () => {
    const ops = (opPrior: boolean) =>
      create(5, { opPrior }).decisions.filter(({ kind }) => kind === 'op');
    for (const decision of ops(true)) {
      expect(decision).toMatchObject({
        bias: [10, 10, 0, 0, 0],
        prior: [0.25, 0.25, -0.25, -0.25, -0.25],
      });
    }
    for (const decision of ops(false)) {
      expect(decision).not.toHaveProperty('bias');
      expect(decision).not.toHaveProperty('prior');
    }
  });
});

describe('decode and encode', () => {
  it('are inverse to each other', () => {
    const space = create(4);
    fc.assert(
      fc.property(archOf(4), (arch) => {
        const choices = space.encode(arch);
        expect(space.decode(choices)).toEqual(arch);
        space.decisions.forEach((decision, i) => {
          const options = decision.kind === 'op' ? decision.options : decision.among;
          expect(options[choices[i] as number]).toBeDefined();
        });
        expect(space.archSchema.parse(JSON.parse(JSON.stringify(arch)))).toEqual(arch);
      }),
    );
  });

  it('order choices as the decisions: input, input, operator, operator', () => {
    expect(create(2).decode([0, 1, 4, 2, 2, 1, 0, 3, 1, 1, 1, 1, 0, 2, 3, 4])).toEqual({
      space: 'micro',
      normal: [
        { inputs: ['input0', 'input1'], ops: ['identity', 'avgpool3x3'] },
        { inputs: ['node2', 'input1'], ops: ['sep3x3', 'maxpool3x3'] },
      ],
      reduce: [
        { inputs: ['input1', 'input1'], ops: ['sep5x5', 'sep5x5'] },
        { inputs: ['input0', 'node2'], ops: ['maxpool3x3', 'identity'] },
      ],
    });
  });

  it.each<[string, Choices, RegExp]>([
    ['too few choices', [0, 0, 0], /^micro choices: expected 8 choices for 1 blocks a cell/],
    [
      'an operator out of range',
      [0, 0, 0, 5, 0, 0, 0, 0],
      /^choice of normal\/node2\/b\/op: expected an integer from 0 to 4, got 5/,
    ],
    [
      'a block that reads itself',
      [0, 0, 0, 0, 2, 0, 0, 0],
      /^choice of reduce\/node2\/a\/input: expected an integer from 0 to 1, got 2/,
    ],
    ['a list for a number', [[0], 0, 0, 0, 0, 0, 0, 0], /^choice of normal\/node2\/a\/input: /],
  ])('refuse %s', (_, choices, message) => {
    expect(() => create(1).decode(choices)).toThrow(message);
  });
});

describe('an architecture that is wrong', () => {
  const plain = { inputs: ['input0', 'input1'], ops: ['sep3x3', 'identity'] };
  it.each<[string, unknown, RegExp]>([
    [
      'too few blocks',
      { normal: [plain] },
      /^micro architecture\.normal: expected 2 blocks, got 1; make the space with as many blocks/,
    ],
    ['too many blocks', { reduce: [plain, plain, plain] }, /\.reduce: expected 2 blocks, got 3/],
    ['no cell', { normal: undefined }, /\.normal: expected .*, got nothing/],
    [
      'a mistyped operator',
      { normal: [{ ...plain, ops: ['sep3x', 'identity'] }, plain] },
      /\.normal\[0\]\.ops\[0\]: expected one of .*, got "sep3x"; did you mean sep3x3\?$/,
    ],
    [
      'a block that reads itself',
      { reduce: [plain, { ...plain, inputs: ['node2', 'node3'] }] },
      /\.reduce\[1\]\.inputs\[1\]: expected one of input0, input1, node2, got "node3"/,
    ],
    [
      'one input',
      { normal: [{ ...plain, inputs: ['input0'] }, plain] },
      /\.normal\[0\]\.inputs: expected two earlier nodes, one for each side of the block, got 1$/,
    ],
    [
      'an unknown key',
      { normal: [{ ...plain, op: 1 }, plain] },
      /\.normal\[0\]\.op: unknown key; did you mean normal\[0\]\.ops\?$/,
    ],
    ['another space', { space: 'macro' }, /\.space: expected micro, got "macro"/],
  ])('is refused with its place: %s', (_, change, message) => {
    const arch = {
      space: 'micro',
      normal: [plain, plain],
      reduce: [plain, plain],
      ...(change as object),
    };
    const space = create(2);
    expect(() => space.child(arch as never, cifar)).toThrow(message);
    expect(() => space.fixed(arch as never, cifar)).toThrow(message);
    expect(() => space.encode(arch as never)).toThrow(message);
    expect(() => space.canonical(arch as never)).toThrow(message);
    expect(() => space.picture(arch as never)).toThrow(message);
  });
});

describe('loose ends', () => {
  it('are those of the published cells', () => {
    const { normal, reduce } = create(5).formats['authors-micro']!.parse(publishedMicro);
    expect(looseEnds(normal)).toEqual(['node2', 'node3', 'node4', 'node5', 'node6']);
    expect(looseEnds(reduce)).toEqual(['node2', 'node4', 'node5', 'node6']);
  });

  it('count an input that no block reads', () => {
    const ops = ['sep3x3', 'sep3x3'] as const;
    const blocks = [
      { inputs: ['input1', 'input1'], ops },
      { inputs: ['node2', 'node2'], ops },
    ] as const;
    expect(looseEnds(blocks)).toEqual(['input0', 'node3']);
  });
});
