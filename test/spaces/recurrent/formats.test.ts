import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FirstNode } from '../../../src/spaces/recurrent/decisions.ts';
import { looseEnds } from '../../../src/spaces/recurrent/looseEnds.ts';
import { archOf } from './arbitrary.ts';
import {
  create,
  dartsEnasLm,
  publishedAuthors,
  publishedDag,
  publishedEnasLm,
} from './published.ts';

const small = create({ nodes: 3 });
const parse = (format: string, text: string, space = small) => space.formats[format]!.parse(text);

describe('every format', () => {
  it.each<[string, FirstNode]>([
    ['json', 'chosen'],
    ['json', 'tanh'],
    ['authors-rnn', 'chosen'],
    ['authors-rnn', 'tanh'],
    ['enas_lm', 'tanh'],
    ['carpedm20', 'chosen'],
    ['carpedm20', 'tanh'],
  ])('%s gives back any cell, first node %s', (format, firstNode) => {
    for (const nodes of [2, 12]) {
      const { parse, print } = create({ nodes, firstNode }).formats[format]!;
      fc.assert(
        fc.property(archOf(nodes, firstNode), (arch) => {
          expect(parse(print(arch))).toEqual(arch);
        }),
        { numRuns: 40 },
      );
    }
  });

  it.each<[string, number, string]>([
    ['authors-rnn', 12, publishedAuthors],
    ['enas_lm', 9, publishedEnasLm],
    ['enas_lm', 9, dartsEnasLm],
    ['carpedm20', 12, publishedDag],
  ])('%s prints a published cell as it was', (format, nodes, text) => {
    const { parse, print } = create({ nodes }).formats[format]!;
    expect(print(parse(text))).toBe(text);
  });
});

describe('authors-rnn', () => {
  it('is the function of node 1, then input and function of each other node', () => {
    expect(parse('authors-rnn', ' 1\n0 2\t1 3\n')).toEqual({
      space: 'recurrent',
      nodes: [{ op: 'relu' }, { from: 'node1', op: 'identity' }, { from: 'node2', op: 'sigmoid' }],
    });
  });

  it("holds the authors' published cell", () => {
    const cell = parse('authors-rnn', publishedAuthors, create());
    expect(looseEnds(cell)).toEqual(['node4', 'node5', 'node8', 'node10', 'node11', 'node12']);
    expect(new Set(cell.nodes.map(({ op }) => op))).toEqual(new Set(['tanh', 'relu']));
  });

  it.each([
    ['0 0 0', /^authors-rnn: expected 5 numbers \(.*\), got 3; these are 2 nodes: set nodes to 2$/],
    ['0 0 0 1', /^authors-rnn: expected 5 numbers \(a function, .* of 2 nodes\), got 4$/],
    ['', /^authors-rnn: expected 5 numbers .*, got 0$/],
    [
      '0 0 4 0 0',
      /^authors-rnn: number 3 \(function of node2\): expected an integer from 0 to 3, got "4"$/,
    ],
    ['0 1 0 0 0', /^authors-rnn: number 2 \(node that node2 reads\): expected 0, got "1"$/],
    ['0 0 0 -1 0', /^authors-rnn: number 4 \(node that node3 reads\): .* from 0 to 1, got "-1"$/],
    ['tanh 0 0 0 0', /^authors-rnn: number 1 \(function of node1\): .*, got "tanh"$/],
  ])('refuses %j', (text, message) => {
    expect(() => parse('authors-rnn', text)).toThrow(message);
  });

  it('refuses another function than tanh where node 1 always has that', () => {
    const always = create({ nodes: 3, firstNode: 'tanh' });
    expect(() => parse('authors-rnn', '1 0 0 0 0', always)).toThrow(
      'authors-rnn: number 1 (function of node1): expected 0, got "1"',
    );
  });
});

describe('enas_lm', () => {
  it('does not write the tanh that reads the input, and numbers functions otherwise', () => {
    expect(parse('enas_lm', '0 2 1 3')).toEqual({
      space: 'recurrent',
      nodes: [{ op: 'tanh' }, { from: 'node1', op: 'sigmoid' }, { from: 'node2', op: 'identity' }],
    });
  });

  it.each([
    ['0 2', /^enas_lm: expected 4 numbers \(.* is not written\), got 2; these are 2 nodes: set/],
    ['0 2 1', /^enas_lm: expected 4 numbers \(.*\), got 3$/],
    ['0 2 2 0', /^enas_lm: number 3 \(node that node3 reads\): .* from 0 to 1, got "2"$/],
  ])('refuses %j', (text, message) => {
    expect(() => parse('enas_lm', text)).toThrow(message);
  });

  it('cannot hold a cell whose node 1 has another function', () => {
    const cell = parse('authors-rnn', '3 0 0 0 0');
    expect(() => small.formats.enas_lm!.print(cell)).toThrow(
      'enas_lm: expected a cell whose node1 has tanh, which is not written; cannot hold this cell: its node1 has sigmoid',
    );
  });
});

describe('carpedm20', () => {
  const dag = {
    '-1': [[0, 'tanh']],
    '-2': [[0, 'tanh']],
    '0': [
      [1, 'ReLU'],
      [2, 'identity'],
    ],
    '1': [[3, 'avg']],
    '2': [[3, 'avg']],
    '3': [[4, 'h[t]']],
  };
  const text = (changes: object = {}) => JSON.stringify({ ...dag, ...changes });

  it('lists where the value of each node goes, in any order of keys and targets', () => {
    const expected = {
      space: 'recurrent',
      nodes: [{ op: 'tanh' }, { from: 'node1', op: 'relu' }, { from: 'node1', op: 'identity' }],
    };
    expect(parse('carpedm20', text())).toEqual(expected);
    const turned = { ...dag, '0': [...dag['0']].reverse() };
    const reversed = Object.fromEntries(Object.entries(turned).reverse());
    expect(parse('carpedm20', JSON.stringify(reversed))).toEqual(expected);
  });

  it('may go without the line from the average to h[t]', () => {
    const { '3': _, ...short } = dag;
    expect(parse('carpedm20', JSON.stringify(short))).toEqual(parse('carpedm20', text()));
  });

  it.each<[string, string, RegExp]>([
    ['no JSON', '{"-1": ', /^carpedm20: expected JSON, got text that is not: /],
    ['another JSON', '[1]', /^carpedm20: expected an object with the nodes for keys, got \[1\]$/],
    ['a strange key', text({ x: [] }), /^carpedm20: dag\["x"\]: expected a key "-2", .*, got "x"$/],
    ['no list', text({ '1': 3 }), /^carpedm20: dag\["1"\]: expected a list .*, got 3$/],
    [
      'no pair',
      text({ '1': [[3]] }),
      /^carpedm20: dag\["1"\]\[0\]: expected \[target node, .*\[3\]$/,
    ],
    [
      'an unknown function',
      text({
        '0': [
          [1, 'RELUU'],
          [2, 'tanh'],
        ],
      }),
      /^carpedm20: dag\["0"\]\[0\]: expected one of tanh, ReLU, identity, sigmoid, got "RELUU"; did you mean ReLU\?$/,
    ],
    [
      'a node that nothing enters',
      text({ '0': [[1, 'tanh']] }),
      /^carpedm20: expected an edge to node 2, got none$/,
    ],
    [
      'a node entered twice',
      text({ '1': [[2, 'tanh']] }),
      /^carpedm20: dag\["1"\]\[0\]: expected one edge to node 2, got a second$/,
    ],
    [
      'a node that reads a later one',
      text({ '0': [[2, 'tanh']], '2': [[1, 'tanh']], '1': [[3, 'avg']] }),
      /^carpedm20: dag\["2"\]\[0\]: expected node 1 to read a node from 0 to 0, got 2$/,
    ],
    [
      'a node 0 that reads only x',
      text({ '-2': [] }),
      /^carpedm20: expected an edge to node 0 from "-2", got none$/,
    ],
    [
      'a node 0 that reads another node',
      text({
        '1': [
          [3, 'avg'],
          [0, 'tanh'],
        ],
      }),
      /^carpedm20: dag\["1"\]\[1\]: expected node 0 to read "-1" and "-2", got 1$/,
    ],
    [
      'two functions of node 0',
      text({ '-2': [[0, 'ReLU']] }),
      /^carpedm20: dag\["-2"\]\[0\]: expected tanh as from "-1", got ReLU$/,
    ],
    [
      'no average',
      text({ '1': [], '2': [] }),
      /^carpedm20: expected the nodes that no other reads/,
    ],
    [
      'the average of another number of nodes',
      text({ '1': [[7, 'avg']] }),
      /^carpedm20: dag\["1"\]\[0\]: expected \[3, "avg"\] for 3 nodes, got \[7, "avg"\]; these are 7 nodes: set nodes to 7$/,
    ],
    [
      'a node that is averaged and read',
      text({
        '0': [
          [1, 'tanh'],
          [2, 'tanh'],
          [3, 'avg'],
        ],
      }),
      /^carpedm20: dag\["0"\]\[2\]: expected only nodes that no other reads .*, got node 0$/,
    ],
    [
      'a node that is averaged twice',
      text({
        '1': [
          [3, 'avg'],
          [3, 'avg'],
        ],
      }),
      /^carpedm20: dag\["1"\]\[1\]: expected only nodes .* once, got node 1$/,
    ],
    [
      'a node that goes nowhere',
      text({ '2': [] }),
      /^carpedm20: expected node 2, which no other reads, to go to \[3, "avg"\], got nothing$/,
    ],
    [
      'an average by another name',
      text({ '2': [[3, 'tanh']] }),
      /^carpedm20: dag\["2"\]\[0\]: expected \[3, "avg"\], got \[3, "tanh"\]$/,
    ],
    [
      'a target that is no node',
      text({ '2': [[9, 'tanh']] }),
      /^carpedm20: dag\["2"\]\[0\]: expected a node of the cell, or \[3, "avg"\], got \[9, "tanh"\]$/,
    ],
    [
      'another h[t]',
      text({ '3': [[5, 'h[t]']] }),
      /^carpedm20: dag\["3"\]\[0\]: expected \[4, "h\[t\]"\], got \[5, "h\[t\]"\]$/,
    ],
  ])('refuses %s', (_, bad, message) => {
    expect(() => parse('carpedm20', bad)).toThrow(message);
  });

  it('refuses another function than tanh where node 1 always has that', () => {
    const always = create({ nodes: 3, firstNode: 'tanh' });
    const relu = text({ '-1': [[0, 'ReLU']], '-2': [[0, 'ReLU']] });
    expect(() => parse('carpedm20', relu, always)).toThrow(
      'carpedm20: dag["-1"][0]: expected tanh, got "ReLU"',
    );
  });
});
