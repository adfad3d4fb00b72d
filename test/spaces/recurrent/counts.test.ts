import { describe, expect, it } from 'vitest';
import { counts } from '../../../src/graph/counts.ts';
import {
  create,
  dartsEnasLm,
  pennTreebank,
  publishedAuthors,
  publishedEnasLm,
} from './published.ts';

describe('parameters of the published networks', () => {
  it.each([
    ['authors-rnn', publishedAuthors, 12, 748, 22_027_104],
    ['enas_lm', publishedEnasLm, 9, 800, 20_800_000],
    ['enas_lm', dartsEnasLm, 9, 800, 20_800_000],
  ])('%s %j', (format, text, nodes, hidden, total) => {
    const space = create({ nodes, fixed: { hidden } });
    const { parameters, parts } = counts(
      space.fixed(space.formats[format]!.parse(text), pennTreebank),
    );
    expect(parameters).toBe(total);
    expect(Object.fromEntries(Object.entries(parts).map(([k, v]) => [k, v.parameters]))).toEqual({
      embedding: 10_000 * hidden,
      layer0: total - 10_000 * hidden,
      softmax: 0,
    });
  });

  it('multiply-adds of a token are those of its matrices, the softmax too', () => {
    const space = create();
    const arch = space.formats['authors-rnn']!.parse(publishedAuthors);
    expect(counts(space.fixed(arch, pennTreebank)).multiplyAdds).toBe(22_027_104);
  });
});
