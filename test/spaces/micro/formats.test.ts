import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MicroArch } from '../../../src/spaces/micro/arch.ts';
import { micro } from '../../../src/spaces/micro/index.ts';
import { microOptionsSchema } from '../../../src/spaces/micro/options.ts';
import { archOf } from './arbitrary.ts';
import { publishedMicro } from './published.ts';

const formatsOf = (blocks: number) => micro.create(microOptionsSchema.parse({ blocks })).formats;
const published = () => formatsOf(5)['authors-micro']!.parse(publishedMicro);

/** Two blocks a cell: the second reads the first. */
const small: MicroArch = {
  space: 'micro',
  normal: [
    { inputs: ['input0', 'input1'], ops: ['sep3x3', 'identity'] },
    { inputs: ['node2', 'input1'], ops: ['maxpool3x3', 'sep5x5'] },
  ],
  reduce: [
    { inputs: ['input1', 'input1'], ops: ['avgpool3x3', 'sep3x3'] },
    { inputs: ['node2', 'node2'], ops: ['identity', 'identity'] },
  ],
};

describe('formats of the micro space', () => {
  it.each(Object.entries(formatsOf(5)))('%s reads what it writes', (name, format) => {
    expect(format.name).toBe(name);
    fc.assert(
      fc.property(archOf(5), (arch) => {
        expect(format.parse(format.print(arch))).toEqual(arch);
      }),
    );
  });

  it.each(Object.entries(formatsOf(1)))('%s can hold a single block', (_, format) => {
    fc.assert(
      fc.property(archOf(1), (arch) => {
        expect(format.parse(format.print(arch))).toEqual(arch);
      }),
      { numRuns: 20 },
    );
  });
});

describe('authors-micro', () => {
  const format = formatsOf(5)['authors-micro']!;

  it("reads the authors' published cells and writes them back", () => {
    const { normal, reduce } = format.parse(publishedMicro);
    expect(normal[0]).toEqual({ inputs: ['input0', 'input0'], ops: ['avgpool3x3', 'sep3x3'] });
    expect(reduce[2]).toEqual({ inputs: ['input1', 'node3'], ops: ['sep5x5', 'sep5x5'] });
    expect(format.print(published())).toBe(publishedMicro);
  });

  it('takes any whitespace between numbers', () => {
    expect(format.parse(`  ${publishedMicro.replaceAll(/\s+/g, '\n\t')}`)).toEqual(published());
  });

  const numbers = publishedMicro.trim().split(/\s+/);
  const expected = 'expected 40 numbers (4 for each of 5 blocks, normal and reduction cell)';
  it.each([
    ['one number too few', numbers.slice(1), `${expected}, got 39`],
    ['one number too many', [...numbers, '0'], `${expected}, got 41`],
    [
      "other cells' numbers",
      numbers.slice(0, 32),
      `${expected}, got 32; these are 4 blocks: set blocks to 4`,
    ],
    ['no numbers', [], `${expected}, got 0`],
    [
      'an operator there is not',
      numbers.with(5, '5'),
      'number 6 (operator of normal/node3/a): expected an integer from 0 to 4, got "5"',
    ],
    [
      'a block that reads itself',
      numbers.with(10, '4'),
      'number 11 (node that normal/node4/b reads): expected an integer from 0 to 3, got "4"',
    ],
    [
      'a letter',
      numbers.with(20, 'x'),
      'number 21 (node that reduce/node2/a reads): expected an integer from 0 to 1, got "x"',
    ],
    [
      'a negative number',
      numbers.with(39, '-1'),
      'number 40 (operator of reduce/node6/b): expected an integer from 0 to 4, got "-1"',
    ],
    [
      'a fraction',
      numbers.with(0, '1.0'),
      'number 1 (node that normal/node2/a reads): expected an integer from 0 to 1, got "1.0"',
    ],
  ])('says what is wrong with %s', (_, tokens, message) => {
    expect(() => format.parse(tokens.join(' '))).toThrow(
      expect.objectContaining({ code: 'ERR_ARCHITECTURE', message: `authors-micro: ${message}` }),
    );
  });
});

describe('nni', () => {
  const format = formatsOf(2).nni!;
  const text = format.print(small);
  const entries = JSON.parse(text) as Record<string, unknown>;

  it('names operators as DARTS does and nodes by number', () => {
    expect(entries).toEqual({
      'normal/op_2_0': 'sep_conv_3x3',
      'normal/input_2_0': 0,
      'normal/op_2_1': 'skip_connect',
      'normal/input_2_1': 1,
      'normal/op_3_0': 'max_pool_3x3',
      'normal/input_3_0': 2,
      'normal/op_3_1': 'sep_conv_5x5',
      'normal/input_3_1': 1,
      'reduce/op_2_0': 'avg_pool_3x3',
      'reduce/input_2_0': 1,
      'reduce/op_2_1': 'sep_conv_3x3',
      'reduce/input_2_1': 1,
      'reduce/op_3_0': 'skip_connect',
      'reduce/input_3_0': 2,
      'reduce/op_3_1': 'skip_connect',
      'reduce/input_3_1': 2,
    });
  });

  it('takes an input as a list of one number too', () => {
    const listed = Object.entries(entries).map(([key, value]) => [
      key,
      typeof value === 'number' ? [value] : value,
    ]);
    expect(format.parse(JSON.stringify(Object.fromEntries(listed)))).toEqual(small);
  });

  it.each<[string, object, string]>([
    [
      'an operator that is not there',
      { 'normal/op_2_0': 'none' },
      'normal/op_2_0: expected one of sep_conv_3x3, sep_conv_5x5, avg_pool_3x3, max_pool_3x3, skip_connect, got "none"; both sides of a block of the micro space have an operator',
    ],
    [
      'a block that reads itself',
      { 'reduce/input_3_1': 3 },
      'reduce/input_3_1: expected an earlier node, an integer from 0 to 2, got 3',
    ],
    [
      'a negative node',
      { 'reduce/input_3_1': -1 },
      'reduce/input_3_1: expected an earlier node, an integer from 0 to 2, got -1',
    ],
    [
      'two inputs',
      { 'normal/input_2_0': [0, 1] },
      'normal/input_2_0: expected an earlier node, an integer from 0 to 1, got an array of 2',
    ],
    [
      'an input in words',
      { 'normal/input_2_0': '0' },
      'normal/input_2_0: expected an earlier node, an integer from 0 to 1, got "0"',
    ],
    [
      'a missing key',
      { 'reduce/op_3_0': undefined },
      'reduce/op_3_0: expected an operator, got nothing',
    ],
    [
      'an unknown key',
      { 'normal/ops_2_0': 'skip_connect' },
      'unknown key "normal/ops_2_0"; did you mean normal/op_2_0?',
    ],
    [
      'one block more',
      { 'normal/op_4_0': 'skip_connect' },
      'normal/op_4_0: expected nodes 2 to 3 for 2 blocks, got another; set blocks to as many as the architecture has',
    ],
  ])('says what is wrong with %s', (_, change, message) => {
    expect(() => format.parse(JSON.stringify({ ...entries, ...change }))).toThrow(
      expect.objectContaining({ code: 'ERR_ARCHITECTURE', message: `nni: ${message}` }),
    );
  });

  it('refuses what is no object', () => {
    expect(() => format.parse('[1]')).toThrow('nni: expected a JSON object, got an array of 1');
    expect(() => format.parse('{')).toThrow(/expected JSON, got text/);
  });
});

describe('genotype', () => {
  const format = formatsOf(2).genotype!;
  const text = format.print(small);

  it('is the Python text of DARTS', () => {
    expect(text).toBe(
      [
        'Genotype(',
        "    normal=[('sep_conv_3x3', 0), ('skip_connect', 1), ('max_pool_3x3', 2), ('sep_conv_5x5', 1)],",
        '    normal_concat=[3],',
        "    reduce=[('avg_pool_3x3', 1), ('sep_conv_3x3', 1), ('skip_connect', 2), ('skip_connect', 2)],",
        '    reduce_concat=[0, 3],',
        ')',
        '',
      ].join('\n'),
    );
  });

  it('takes other spellings of the same value', () => {
    const spelt = [
      'ENAS = Genotype(  # ours',
      '  reduce_concat=(3, 0),',
      '  reduce=(["avg_pool_3x3", 1], ("sep_conv_3x3", 1,), ("skip_connect", 2), ("skip_connect", 2)),',
      '  normal=[("sep_conv_3x3", 0), ("skip_connect", 1), ("max_pool_3x3", 2), ("sep_conv_5x5", 1)],',
      '  normal_concat=range(3, 4))',
    ].join('\n');
    expect(format.parse(spelt)).toEqual(small);
  });

  const ops = 'sep_conv_3x3, sep_conv_5x5, avg_pool_3x3, max_pool_3x3, skip_connect';
  it.each<[string, string, string, string]>([
    [
      'a concatenation of all blocks',
      'normal_concat=[3]',
      'normal_concat=range(2, 4)',
      'normal_concat: expected [3], the nodes that no block reads, got [2, 3]; a cell of the micro space concatenates those and no others',
    ],
    [
      'a concatenation of a node twice',
      'reduce_concat=[0, 3]',
      'reduce_concat=[3, 3]',
      'reduce_concat: expected [0, 3], the nodes that no block reads, got [3, 3]; a cell of the micro space concatenates those and no others',
    ],
    [
      'an endless range',
      'normal_concat=[3]',
      'normal_concat=range(0, 999999999999)',
      'normal_concat: expected [3], the nodes that no block reads, got an array of 100; a cell of the micro space concatenates those and no others',
    ],
    [
      'none',
      "'skip_connect', 1",
      "'none', 1",
      `normal[1] operator: expected one of ${ops}, got "none"; both sides of a block of the micro space have an operator`,
    ],
    [
      'a dilated convolution',
      "'sep_conv_5x5', 1",
      "'dil_conv_5x5', 1",
      `normal[3] operator: expected one of ${ops}, got "dil_conv_5x5"; the micro space has no dilated convolutions`,
    ],
    [
      'a mistyped operator',
      'avg_pool_3x3',
      'avgpool_3x3',
      `reduce[0] operator: expected one of ${ops}, got "avgpool_3x3"; did you mean avg_pool_3x3?`,
    ],
    [
      'a block that reads itself',
      "('max_pool_3x3', 2)",
      "('max_pool_3x3', 3)",
      'normal[2] node: expected one before node3, an integer from 0 to 2, got 3',
    ],
    [
      'a negative node',
      "('sep_conv_3x3', 0)",
      "('sep_conv_3x3', -1)",
      'normal[0] node: expected one before node2, an integer from 0 to 1, got -1',
    ],
    [
      'a node in words',
      "('sep_conv_3x3', 0)",
      "('sep_conv_3x3', 'zero')",
      'normal[0] node: expected one before node2, an integer from 0 to 1, got "zero"',
    ],
    [
      'one pair too few',
      "('sep_conv_3x3', 0), ",
      '',
      'normal: expected 4 pairs, two for each of 2 blocks, got 3',
    ],
    [
      'a smaller cell',
      ", ('max_pool_3x3', 2), ('sep_conv_5x5', 1)",
      '',
      'normal: expected 4 pairs, two for each of 2 blocks, got 2; this is 1 block: set blocks to 1',
    ],
    [
      'a pair of one',
      "('sep_conv_3x3', 0)",
      "('sep_conv_3x3',)",
      'normal[0]: expected (\'operator\', node), got ["sep_conv_3x3"]',
    ],
    [
      'a missing argument',
      '    reduce_concat=[0, 3],\n',
      '',
      'reduce_concat: expected a list of nodes, got nothing',
    ],
    [
      'an unknown argument',
      'reduce_concat',
      'reduce_cat',
      'unknown argument reduce_cat; did you mean reduce_concat?',
    ],
    ['another name', 'Genotype', 'Cell', 'expected Genotype(normal=[…], …), got Cell(…)'],
    [
      'a bracket left open',
      "('sep_conv_5x5', 1)]",
      "('sep_conv_5x5', 1)",
      'line 3, column 18: expected "(" after normal_concat, got "="',
    ],
    [
      'text after the end',
      '[0, 3],\n)',
      '[0, 3],\n) )',
      'line 6, column 3: expected the end of the text, got ")"',
    ],
    [
      'a comma left out',
      "('sep_conv_3x3', 0), ",
      "('sep_conv_3x3', 0) ",
      'line 2, column 33: expected ",", got "("',
    ],
    [
      'a character that means nothing',
      '[3]',
      '[3}',
      'line 3, column 21: expected a Python literal, got "}"',
    ],
    ['a fraction', '[3]', '[3.5]', 'line 3, column 21: expected a Python literal, got ".5"'],
  ])('says what is wrong with %s', (_, found, replacement, message) => {
    expect(text.split(found)).toHaveLength(2);
    expect(() => format.parse(text.replace(found, replacement))).toThrow(
      expect.objectContaining({ code: 'ERR_ARCHITECTURE', message: `genotype: ${message}` }),
    );
  });

  it('refuses text that ends too soon, and none', () => {
    expect(() => format.parse('Genotype(normal=[')).toThrow(
      'genotype: line 1, column 18: expected a list, a tuple, a string or an integer, got the end of the text',
    );
    expect(() => format.parse('')).toThrow(/^genotype: line 1, column 1: expected a list/);
    expect(() => format.parse('[1, 2]')).toThrow(/^genotype: expected Genotype\(/);
  });

  it('never does anything but read or refuse, whatever the text', () => {
    const piece = fc.constantFrom(
      ...text.split(/(?=[\s,()[\]=])|(?<=[\s,()[\]=])/),
      '"',
      "'",
      '#',
      '-',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          format.parse(pieces.join(''));
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_ARCHITECTURE' });
        }
      }),
    );
  });
});
