import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { type ArchOf, defineSpace } from '../../src/custom/defineSpace.ts';

const reward = () => 0;

describe('defineSpace', () => {
  it('decodes choices as what was chosen, by name and with its type', () => {
    const space = defineSpace({
      name: 'mixed',
      decisions: {
        kernel: [3, 5],
        pool: ['average', 'maximum', 'none'],
        from: { input: ['kernel', 'pool'] },
        also: { skips: ['kernel', 'pool', 'from'] },
      },
      reward: ({ kernel, pool, from, also }) => {
        expectTypeOf(kernel).toEqualTypeOf<3 | 5>();
        expectTypeOf(pool).toEqualTypeOf<'average' | 'maximum' | 'none'>();
        expectTypeOf(from).toEqualTypeOf<'kernel' | 'pool'>();
        expectTypeOf(also).toEqualTypeOf<readonly ('kernel' | 'pool' | 'from')[]>();
        return kernel;
      },
    });
    expect(space.decode([1, 2, 0, [1, 0, 1]])).toEqual({
      kernel: 5,
      pool: 'none',
      from: 'kernel',
      also: ['kernel', 'from'],
    });
    expectTypeOf<ArchOf<{ a: readonly [1, 2] }>>().toEqualTypeOf<{ readonly a: 1 | 2 }>();
  });

  it('keeps options of different decisions apart, though they are called the same', () => {
    const { decisions } = defineSpace({ name: 'x', decisions: { a: [1, 2], b: [1, 2] }, reward });
    const [a, b] = decisions.map((decision) => 'options' in decision && decision.options);
    expect(a).not.toEqual(b);
  });

  it('decodes every choice to the option at its place', () => {
    const options = fc.uniqueArray(fc.oneof(fc.integer(), fc.string()), {
      minLength: 1,
      maxLength: 6,
      selector: String,
    });
    const given = fc.dictionary(
      fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
      options,
      { minKeys: 1, maxKeys: 5 },
    );
    fc.assert(
      fc.property(given, fc.nat(), (decisions, seed) => {
        const space = defineSpace({ name: 'x', decisions, reward });
        const lists = Object.values(decisions);
        const choices = lists.map((list, i) => (seed + i) % list.length);
        expect(Object.values(space.decode(choices))).toEqual(
          lists.map((list, i) => list[choices[i]!]),
        );
      }),
    );
  });

  it.each([
    [{ name: '', decisions: { a: [1] }, reward }, /defineSpace: name/],
    [{ name: 'x', decisions: {}, reward }, /defineSpace: decisions/],
    [{ name: 'x', decisions: null, reward }, /defineSpace: decisions/],
    [{ name: 'x', decisions: { a: [1] } }, /defineSpace: reward: expected a function/],
    [{ name: 'x', decisions: { a: [1] }, reword: reward, reward }, /did you mean reward/],
    [{ name: 'x', decisions: { a: [] }, reward }, /decisions: a: expected a list of options/],
    [{ name: 'x', decisions: { a: 3 }, reward }, /decisions: a/],
    [{ name: 'x', decisions: { a: [1, '1'] }, reward }, /decisions: a: expected options that all/],
    [{ name: 'x', decisions: { a: { input: ['b'] }, b: [1] }, reward }, /names of earlier/],
    [{ name: 'x', decisions: { a: [1], b: { inputs: ['a'] } }, reward }, /did you mean input/],
    [{ name: 'x', decisions: { a: [1], b: { skips: [] } }, reward }, /a list of earlier/],
  ])('refuses %o', (spec, message) => {
    expect(() => defineSpace(spec as never)).toThrow(message);
  });
});
