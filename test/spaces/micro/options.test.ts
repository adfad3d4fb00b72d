import { describe, expect, it } from 'vitest';
import { micro } from '../../../src/spaces/micro/index.ts';
import { microOptionsSchema } from '../../../src/spaces/micro/options.ts';

describe('options of the micro space', () => {
  it("are the paper's by default: 6 layers, 20 filters, 5 blocks", () => {
    expect(microOptionsSchema.parse({})).toEqual({
      layers: 6,
      filters: 20,
      blocks: 5,
      keepProb: 0.9,
      opPrior: false,
      fixed: { layers: 15, filters: 36, keepProb: 0.9, dropPathKeep: 0.6, auxiliary: true },
    });
  });

  it.each([
    [{ layers: 0 }],
    [{ layers: 1.5 }],
    [{ filters: 0 }],
    [{ blocks: 0 }],
    [{ blocks: 9 }],
    [{ keepProb: 0 }],
    [{ opPrior: 1 }],
    [{ fixed: { dropPathKeep: 0 } }],
    [{ fixed: { filter: 3 } }],
    [{ layer: 12 }],
  ])('refuse %j', (options) => {
    expect(microOptionsSchema.safeParse(options).success).toBe(false);
  });

  it('are checked when a space is made', () => {
    const options = { ...microOptionsSchema.parse({}), opPrior: 'yes' as never };
    expect(() => micro.create(options)).toThrow(
      'micro options.opPrior: expected true or false, got "yes"',
    );
  });
});
