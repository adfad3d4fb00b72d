import { describe, expect, it } from 'vitest';
import { counts } from '../../../src/graph/counts.ts';
import type { Block } from '../../../src/spaces/micro/arch.ts';
import { micro } from '../../../src/spaces/micro/index.ts';
import { microOptionsSchema } from '../../../src/spaces/micro/options.ts';
import { cifar } from './arbitrary.ts';
import { publishedMicro } from './published.ts';

function published(fixed: object, blocks = 5) {
  const space = micro.create(microOptionsSchema.parse({ blocks, fixed }));
  return counts(space.fixed(space.formats['authors-micro']!.parse(publishedMicro), cifar));
}

describe("the authors' published cells, trained from scratch with 36 filters", () => {
  it.each([
    [15, 3_894_372],
    [18, 4_587_372],
  ])('of %i layers have %i parameters beside the auxiliary head', (layers, total) => {
    expect(published({ layers, auxiliary: false }).parameters).toBe(total);
    const { parameters, parts } = published({ layers });
    expect(parts.auxiliary!.parameters).toBe(494_848);
    expect(parameters).toBe(total + 494_848);
  });

  it('have in each part of 15 layers what a count by hand gives', () => {
    const c = 36;
    const pointwise = (from: number, to: number) => from * to + 2 * to;
    const separable = (k: number, ch: number) => 2 * (k * k * ch + ch * ch + 2 * ch);
    // Normal cell: one 3×3 and one 5×5 … by the published text: sep 3×3 twice, sep 5×5 five times.
    const normal = (ch: number) => 2 * separable(3, ch) + 4 * separable(5, ch);
    // Reduction cell: sep 3×3 three times, sep 5×5 three times, one identity at stride 2.
    const reduce = (ch: number) => 3 * separable(3, ch) + 3 * separable(5, ch) + pointwise(ch, ch);
    const ops =
      [1, 2, 4].reduce((sum, times) => sum + 5 * normal(times * c), 0) +
      reduce(2 * c) +
      reduce(4 * c);

    // Outputs concatenate five nodes, those of reduction cells four.
    const [stem, first, second] = [3 * c, 2 * c, 4 * c];
    const calibrations =
      // Cell 0 and 1 see the stem; then within a stage both inputs have five times its channels.
      2 * pointwise(stem, c) +
      (pointwise(stem, c) + pointwise(5 * c, c)) +
      3 * 2 * pointwise(5 * c, c) +
      // Reduction cell 5; cells 6 and 7 still see four nodes and a larger map; then 8 to 10.
      2 * pointwise(5 * c, first) +
      (pointwise(5 * c, first) + pointwise(4 * first, first)) +
      (pointwise(4 * first, first) + pointwise(5 * first, first)) +
      3 * 2 * pointwise(5 * first, first) +
      // Reduction cell 11, cells 12 and 13, cells 14 to 16.
      2 * pointwise(5 * first, second) +
      (pointwise(5 * first, second) + pointwise(4 * second, second)) +
      (pointwise(4 * second, second) + pointwise(5 * second, second)) +
      3 * 2 * pointwise(5 * second, second);
    const bases = 5 * pointwise(c, c) + 6 * pointwise(first, first) + 6 * pointwise(second, second);

    const { parts } = published({ layers: 15 });
    const parameters = Object.entries(parts).map(([part, count]) => [part, count.parameters]);
    expect(Object.fromEntries(parameters)).toEqual({
      stem: 27 * stem + 2 * stem,
      calibration: calibrations + bases,
      ops,
      auxiliary: 494_848,
      linear: 10 * 5 * second,
    });
  });
});

describe('multiply-adds of a child', () => {
  it('agree with a count by hand, of sampled operators only', () => {
    const options = { layers: 1, filters: 4, blocks: 1 };
    const space = micro.create(microOptionsSchema.parse(options));
    const block = (ops: Block['ops']): Block => ({ inputs: ['input0', 'input1'], ops });
    const normal = [block(['sep3x3', 'maxpool3x3'])];
    const reduce = [block(['sep5x5', 'identity'])];
    const { parts } = counts(space.child({ space: 'micro', normal, reduce }, cifar));
    const [full, half, quarter] = [32 * 32, 16 * 16, 8 * 8];
    // Cells 0 and 1 of three reduce, to 8 and 16 channels; cell 2 is normal.
    const [c1, c2] = [8, 16];
    expect(parts.stem!.multiplyAdds).toBe(full * 12 * 27);
    expect(parts.calibration!.multiplyAdds).toBe(
      full * 2 * 12 * c1 + half * (12 * c2 + c1 * c2) + quarter * c1 * c2,
    );
    const sep = (k: number, c: number) => 2 * (k * k * c + c * c);
    expect(parts.ops!.multiplyAdds).toBe(
      half * (sep(5, c1) + c1 * c1) + quarter * (sep(5, c2) + c2 * c2 + sep(3, c2)),
    );
    expect(parts.combine!.multiplyAdds).toBe(half * c1 * c1 + 2 * quarter * c2 * c2);
    expect(parts.linear!.multiplyAdds).toBe(10 * c2);
  });
});
