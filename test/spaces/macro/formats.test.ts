import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { macro } from '../../../src/spaces/macro/index.ts';
import { macroOptionsSchema } from '../../../src/spaces/macro/options.ts';
import { archOf } from './arbitrary.ts';
import { publishedMacro } from './published.ts';

const formatsOf = (layers: number) => macro.create(macroOptionsSchema.parse({ layers })).formats;

describe('formats of the macro space', () => {
  it.each(Object.entries(formatsOf(6)))('%s reads what it writes', (name, format) => {
    expect(format.name).toBe(name);
    fc.assert(
      fc.property(archOf(6), (arch) => {
        expect(format.parse(format.print(arch))).toEqual(arch);
      }),
    );
  });
});

describe('authors-macro', () => {
  const format = formatsOf(24)['authors-macro']!;

  it("reads the authors' published network and writes it back", () => {
    const arch = format.parse(publishedMacro);
    expect(arch.layers[5]).toEqual({ op: 'sep5x5', skips: ['stem', 'layer0', 'layer2'] });
    expect(format.print(arch)).toBe(publishedMacro);
  });

  it('takes any whitespace between numbers', () => {
    const line = `  ${publishedMacro.replaceAll('\n', '\t ')}`;
    expect(format.parse(line)).toEqual(format.parse(publishedMacro));
  });

  const numbers = publishedMacro.trim().split(/\s+/);
  it.each([
    [
      'one number too few',
      numbers.slice(1),
      'expected 300 numbers for 24 layers (operator and l bits for layer l), got 299',
    ],
    [
      "another network's numbers",
      numbers.slice(0, 78),
      'expected 300 numbers for 24 layers (operator and l bits for layer l), got 78; these are 12 layers: set layers to 12',
    ],
    [
      'no numbers',
      [],
      'expected 300 numbers for 24 layers (operator and l bits for layer l), got 0',
    ],
    [
      'an operator there is not',
      numbers.with(3, '6'),
      'number 4 (operator of layer 2): expected an integer from 0 to 5, got "6"',
    ],
    [
      'a bit that is not one',
      numbers.with(5, '2'),
      'number 6 (skip of layer 2 from layer0): expected an integer from 0 to 1, got "2"',
    ],
    [
      'a word',
      numbers.with(0, 'conv'),
      'number 1 (operator of layer 0): expected an integer from 0 to 5, got "conv"',
    ],
    [
      'a negative number',
      numbers.with(0, '-1'),
      'number 1 (operator of layer 0): expected an integer from 0 to 5, got "-1"',
    ],
  ])('says what is wrong with %s', (_, tokens, message) => {
    expect(() => format.parse(tokens.join(' '))).toThrow(`authors-macro: ${message}`);
  });
});

describe('json', () => {
  const format = formatsOf(3).json!;

  it('writes a layer on a line', () => {
    const op = 'sep3x3' as const;
    const layers = [
      { op, skips: [] },
      { op, skips: ['stem'] },
      { op, skips: ['stem', 'layer0'] },
    ];
    expect(format.print({ space: 'macro', layers })).toBe(
      [
        '{',
        '  "space": "macro",',
        '  "layers": [',
        '    {"op":"sep3x3","skips":[]},',
        '    {"op":"sep3x3","skips":["stem"]},',
        '    {"op":"sep3x3","skips":["stem","layer0"]}',
        '  ]',
        '}',
        '',
      ].join('\n'),
    );
  });

  it('says that text is not JSON', () => {
    expect(() => format.parse('{"space": ')).toThrow(
      /^macro architecture: expected JSON, got text/,
    );
  });
});
