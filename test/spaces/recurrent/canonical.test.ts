import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  laterNodes,
  type RecurrentArch,
  recurrentArch,
} from '../../../src/spaces/recurrent/arch.ts';
import { canonical } from '../../../src/spaces/recurrent/canonical.ts';
import { nodeName, nodeNumber } from '../../../src/spaces/recurrent/nodes.ts';
import { archOf } from './arbitrary.ts';
import { create, publishedAuthors, publishedDag } from './published.ts';

const nodes = 8;

/** The same cell with other numbers: each node after the one it reads, the last one perhaps last. */
function renumbered(
  arch: RecurrentArch,
  keys: readonly number[],
  keepLast: boolean,
): RecurrentArch {
  const count = arch.nodes.length;
  const later = laterNodes(arch);
  const numbers = new Map([[nodeName(1), 1]]);
  while (numbers.size < count) {
    const ready = later
      .map(({ from }, i) => ({ name: nodeName(i + 2), from, key: keys[i]! }))
      .filter(({ name, from }) => !numbers.has(name) && numbers.has(from))
      .filter(({ name }) => !keepLast || name !== nodeName(count) || numbers.size === count - 1);
    const chosen = ready.reduce((a, b) => (a.key <= b.key ? a : b));
    numbers.set(chosen.name, numbers.size + 1);
  }
  const placed = later.map(({ from, op }, i) => ({
    number: numbers.get(nodeName(i + 2))!,
    node: { from: nodeName(numbers.get(from)!), op },
  }));
  return recurrentArch(
    arch.nodes[0].op,
    placed.sort((a, b) => a.number - b.number).map(({ node }) => node),
  );
}

const keys = fc.array(fc.nat(), { minLength: nodes - 1, maxLength: nodes - 1 });

/** All cells with so few nodes and two functions. */
function* small(count: number): Generator<RecurrentArch> {
  const ops = ['tanh', 'relu'] as const;
  function* rest(
    later: RecurrentArch['nodes'][number][],
  ): Generator<RecurrentArch['nodes'][number][]> {
    if (later.length === count - 1) {
      yield later;
      return;
    }
    for (let from = 1; from <= later.length + 1; from++) {
      for (const op of ops) yield* rest([...later, { from: nodeName(from), op }]);
    }
  }
  for (const later of rest([]))
    yield recurrentArch('tanh', later as ReturnType<typeof laterNodes>[number][]);
}

/** Whether some renumbering of the nodes makes one cell the other: by trying all. */
function isomorphic(a: RecurrentArch, b: RecurrentArch, keepLast: boolean): boolean {
  const count = a.nodes.length;
  const numbersOf = (arch: RecurrentArch) => laterNodes(arch).map(({ from }) => nodeNumber(from));
  const [fromA, fromB] = [numbersOf(a), numbersOf(b)];
  const extend = (mapping: readonly number[]): boolean => {
    const i = mapping.length + 1;
    if (i > count) return true;
    for (let image = 1; image <= count; image++) {
      if (mapping.includes(image) || (i === 1) !== (image === 1)) continue;
      if (keepLast && (i === count) !== (image === count)) continue;
      if (a.nodes[i - 1]!.op !== b.nodes[image - 1]!.op) continue;
      if (i > 1 && mapping[fromA[i - 2]! - 1] !== fromB[image - 2]) continue;
      if (extend([...mapping, image])) return true;
    }
    return false;
  };
  return extend([]);
}

describe('the canonical form', () => {
  it.each([true, false])('does not depend on the numbering, last node apart: %s', (apart) => {
    fc.assert(
      fc.property(archOf(nodes), keys, (arch, order) => {
        const again = renumbered(arch, order, apart);
        expect(canonical(again, apart)).toEqual(canonical(arch, apart));
      }),
    );
  });

  it.each([true, false])('is a numbering of the cell itself, last node apart: %s', (apart) => {
    fc.assert(
      fc.property(archOf(nodes), (arch) => {
        const form = canonical(arch, apart);
        expect(create({ nodes }).archSchema.parse(form)).toEqual(form);
        expect(isomorphic(arch, form, apart)).toBe(true);
        expect(canonical(form, apart)).toEqual(form);
      }),
      { numRuns: 50 },
    );
  });

  it.each([true, false])('is equal only for isomorphic cells, last node apart: %s', (apart) => {
    const all = [...small(4)];
    expect(all.length).toBe(2 ** 3 * 6);
    const forms = all.map((arch) => JSON.stringify(canonical(arch, apart)));
    const wrong = all.flatMap((a, i) =>
      all.filter((b, j) => (forms[i] === forms[j]) !== isomorphic(a, b, apart)),
    );
    expect(wrong).toEqual([]);
  });

  it('sets the last node apart only where the next time step reads it', () => {
    const [a, b] = (['tanh', 'relu'] as const).map((op) =>
      recurrentArch('tanh', [
        { from: 'node1', op: op === 'tanh' ? 'relu' : 'tanh' },
        { from: 'node1', op },
      ]),
    ) as [RecurrentArch, RecurrentArch];
    const literal = create({ nodes: 3 });
    expect(literal.canonical(a)).not.toEqual(literal.canonical(b));
    const averaged = create({ nodes: 3, recurrentInput: 'output' });
    expect(averaged.canonical(a)).toEqual(averaged.canonical(b));
  });

  it("finds the authors' published cell in carpedm20's example", () => {
    const space = create();
    const authors = space.formats['authors-rnn']!.parse(publishedAuthors);
    const dag = space.formats.carpedm20!.parse(publishedDag);
    expect(dag).not.toEqual(authors);
    expect(space.canonical(dag)).toEqual(space.canonical(authors));
  });
});
