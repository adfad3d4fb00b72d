import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nasBench201 } from '../../../src/spaces/nasbench201/index.ts';
import { nasBench201OptionsSchema } from '../../../src/spaces/nasbench201/options.ts';
import { allOf, archs } from './arbitrary.ts';

const { formats } = nasBench201.create(nasBench201OptionsSchema.parse({}));

describe('formats of the NAS-Bench-201 space', () => {
  it.each(Object.entries(formats))('%s reads what it writes', (name, format) => {
    expect(format.name).toBe(name);
    fc.assert(
      fc.property(archs, (arch) => {
        expect(format.parse(format.print(arch))).toEqual(arch);
      }),
    );
  });

  it('json writes a cell with a node on a line', () => {
    expect(formats.json!.print(allOf('none'))).toBe(
      [
        '{',
        '  "space": "nasbench201",',
        '  "edges": {',
        '    "node1": {"node0":"none"},',
        '    "node2": {"node0":"none","node1":"none"},',
        '    "node3": {"node0":"none","node1":"none","node2":"none"}',
        '  }',
        '}',
        '',
      ].join('\n'),
    );
  });
});

describe('nasbench201', () => {
  const format = formats.nasbench201!;
  const published =
    '|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_1x1~1|none~2|';

  it("reads the benchmark's text and writes it back", () => {
    const arch = format.parse(`\n ${published}\n`);
    expect(arch.edges).toEqual({
      node1: { node0: 'nor_conv_3x3' },
      node2: { node0: 'nor_conv_3x3', node1: 'avg_pool_3x3' },
      node3: { node0: 'skip_connect', node1: 'nor_conv_1x1', node2: 'none' },
    });
    expect(format.print(arch)).toBe(`${published}\n`);
  });

  const operators = 'one of none, skip_connect, nor_conv_1x1, nor_conv_3x3, avg_pool_3x3';
  it.each([
    ['nothing', '', 'expected 3 nodes with + between them, got 0'],
    ['a node too few', '|none~0|+|none~0|none~1|', 'expected 3 nodes with + between them, got 2'],
    [
      'an edge too few',
      '|none~0|+|none~0|+|none~0|none~1|none~2|',
      'node 2 (character 10): expected 2 edges, one from each earlier node, got 1',
    ],
    [
      'an edge too many',
      '|none~0|none~1|+|none~0|none~1|+|none~0|none~1|none~2|',
      'node 1 (character 1): expected 1 edges, one from each earlier node, got 2',
    ],
    [
      'a bar that is missing',
      '|none~0|+|none~0|none~1+|none~0|none~1|none~2|',
      'node 2 (character 10): expected edges with | before and after each, got "|none~0|none~1"',
    ],
    [
      'a mistyped operator',
      '|none~0|+|none~0|nor_conv_3×3~1|+|none~0|none~1|none~2|',
      `edge 1→2 (character 18): expected ${operators}, got "nor_conv_3×3"; did you mean nor_conv_3x3?`,
    ],
    [
      'an operator there is not',
      '|none~0|+|none~0|none~1|+|none~0|none~1|max_pooling~2|',
      `edge 2→3 (character 41): expected ${operators}, got "max_pooling"`,
    ],
    [
      'a source in the wrong place',
      '|none~0|+|none~1|none~0|+|none~0|none~1|none~2|',
      'edge 0→2 (character 11): expected none~0, got "none~1"',
    ],
    [
      'a source left out',
      '|none|+|none~0|none~1|+|none~0|none~1|none~2|',
      'edge 0→1 (character 2): expected none~0, got "none"',
    ],
    [
      'something behind the source',
      '|none~0~1|+|none~0|none~1|+|none~0|none~1|none~2|',
      'edge 0→1 (character 2): expected none~0, got "none~0~1"',
    ],
  ])('says what is wrong with %s, and where', (_, text, message) => {
    expect(() => format.parse(text)).toThrow(
      expect.objectContaining({ code: 'ERR_ARCHITECTURE', message: `nasbench201: ${message}` }),
    );
  });
});
