import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/torch/index.ts';
import { file, handmade, parts } from './safetensorsFiles.ts';

// That files written by Python's own package are read is proved by every fixture of parity/.

describe('saving', () => {
  it('writes the format byte by byte', () => {
    torch.saveSafetensors(
      file('small'),
      {
        weight: torch.tensor([[1, -2]]),
        'a name': torch.tensor([258], { dtype: 'int64' }),
      },
      { step: '5' },
    );
    const { header, data, end } = parts(file('small'));
    expect(header.trimEnd()).toBe(
      '{"__metadata__":{"step":"5"},' +
        '"a name":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},' +
        '"weight":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]}}',
    );
    expect(end % 8).toBe(0);
    expect(header.slice(header.trimEnd().length)).toMatch(/^ *$/);
    expect([...data]).toEqual([2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
  });

  it('writes views in row-major order, and only what they show', () => {
    const matrix = torch.tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    torch.saveSafetensors(file('views'), {
      turned: matrix.transpose(0, 1),
      part: matrix.slice(1, 1, 2),
      last: torch.randn([1, 2, 3, 3], { seed: 1 }).contiguous({ memoryFormat: 'channelsLast' }),
    });
    const { tensors } = torch.loadSafetensors(file('views'));
    expect(tensors.turned!.tolist()).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
    expect(tensors.part!.tolist()).toEqual([[2], [5]]);
    expect(tensors.last!.tolist()).toEqual(torch.randn([1, 2, 3, 3], { seed: 1 }).tolist());
    expect(parts(file('views')).data).toHaveLength(24 + 8 + 72);
  });

  it('puts each kind of element under its name, in its width', () => {
    const dtypes = ['float32', 'float64', 'bfloat16', 'int64', 'uint8', 'bool'] as const;
    torch.saveSafetensors(
      file('dtypes'),
      Object.fromEntries(dtypes.map((dtype) => [dtype, torch.tensor([1, 0, 1], { dtype })])),
    );
    const header = JSON.parse(parts(file('dtypes')).header);
    expect(dtypes.map((dtype) => header[dtype].dtype)).toEqual([
      ...['F32', 'F64', 'BF16', 'I64', 'U8', 'BOOL'],
    ]);
    const widths = dtypes.map((d) => header[d].data_offsets[1] - header[d].data_offsets[0]);
    expect(widths).toEqual([12, 24, 6, 24, 3, 3]);
    const { tensors } = torch.loadSafetensors(file('dtypes'));
    for (const dtype of dtypes) {
      expect(tensors[dtype]!.dtype).toBe(dtype);
      expect(tensors[dtype]!.to({ dtype: 'int64' }).tolist()).toEqual([1, 0, 1]);
    }
  });

  it('begins every tensor at a multiple of its element', () => {
    const dtypes = ['bool', 'float64', 'uint8', 'float32'] as const;
    torch.saveSafetensors(
      file('aligned'),
      Object.fromEntries(dtypes.map((dtype) => [dtype, torch.ones([3], { dtype })])),
    );
    const header = JSON.parse(parts(file('aligned')).header);
    expect(dtypes.map((dtype) => header[dtype].data_offsets[0])).toEqual([36, 0, 39, 24]);
  });

  it.each([
    [{ x: 5 }, /saveSafetensors: tensor "x": expected a Tensor, got 5/],
    [{ __metadata__: torch.ones([1]) }, /tensor "__metadata__": expected another name/],
    [
      { half: torch.call('aten::to.dtype', torch.ones([1]), 5) },
      /tensor "half": expected a dtype of this package, got "Half"/,
    ],
  ])('refuses %o', (tensors, message) => {
    expect(() => torch.saveSafetensors(file('refused'), tensors as never)).toThrow(message);
  });

  it('refuses a released tensor', () => {
    const tensor = torch.ones([1]);
    tensor.dispose();
    expect(() => torch.saveSafetensors(file('released'), { tensor })).toThrow(/released/);
  });
});

describe('a round trip', () => {
  const names = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' });
  const tensor = fc.record({
    shape: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 }),
    dtype: fc.constantFrom('float32', 'float64', 'bfloat16', 'int64', 'uint8', 'bool' as const),
    seed: fc.nat(),
  });
  const usable = (name: string) => name !== '__metadata__';

  it('keeps names, dtypes, shapes and every bit', () => {
    const contents = fc.dictionary(names.filter(usable), tensor, { maxKeys: 5 });
    const metadata = fc.dictionary(names.filter(usable), fc.string(), { maxKeys: 3 });
    fc.assert(
      fc.property(contents, metadata, (wanted, notes) => {
        torch.scope(() => {
          const tensors = Object.fromEntries(
            Object.entries(wanted).map(([name, { shape, dtype, seed }]) => [
              name,
              torch.normal(shape, { std: 5, seed, dtype: 'float64' }).abs().to({ dtype }),
            ]),
          );
          torch.saveSafetensors(file('any'), tensors, notes);
          const loaded = torch.loadSafetensors(file('any'));
          expect(loaded.metadata).toEqual({ ...notes });
          expect(Object.keys(loaded.tensors).sort()).toEqual(Object.keys(tensors).sort());
          for (const [name, tensor] of Object.entries(tensors)) {
            const got = loaded.tensors[name]!;
            expect([got.dtype, got.shape]).toEqual([tensor.dtype, tensor.shape]);
            expect(got.toTypedArray()).toEqual(tensor.toTypedArray());
          }
        });
      }),
      { numRuns: 60 },
    );
  });

  it('of nothing is an empty file', () => {
    torch.saveSafetensors(file('nothing'), {});
    expect(torch.loadSafetensors(file('nothing'))).toEqual({ tensors: {}, metadata: {} });
    expect(parts(file('nothing')).header.trimEnd()).toBe('{}');
  });

  it('keeps NaN, infinities and negative zero', () => {
    const odd = Float64Array.of(Number.NaN, Number.NEGATIVE_INFINITY, -0, 5e-324);
    torch.saveSafetensors(file('odd'), { odd: torch.tensor(odd) });
    expect(torch.loadSafetensors(file('odd')).tensors.odd!.toTypedArray()).toEqual(odd);
  });

  it('keeps a tensor called __proto__, which is no prototype', () => {
    const named = Object.fromEntries([['__proto__', torch.ones([3])]]);
    torch.saveSafetensors(file('proto'), named);
    const { tensors } = torch.loadSafetensors(file('proto'));
    expect(Object.keys(tensors)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(tensors)).toBe(Object.prototype);
    expect(Object.values(tensors)[0]!.tolist()).toEqual([1, 1, 1]);
    const metadata = handmade('{"__metadata__":{"__proto__":"x"}}');
    expect(Object.entries(torch.loadSafetensors(metadata).metadata)).toEqual([['__proto__', 'x']]);
  });

  it('keeps a tensor called like a property of every object', () => {
    torch.saveSafetensors(file('names'), {
      constructor: torch.ones([1]),
      toString: torch.ones([2]),
    });
    const { tensors } = torch.loadSafetensors(file('names'));
    expect(
      [tensors.constructor, tensors.toString].map((t) => (t as unknown as torch.Tensor).numel()),
    ).toEqual([1, 2]);
  });
});

describe('a file written by others', () => {
  it('may have its tensors in any order, and padding', () => {
    const path = handmade(
      `{"b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}   `,
      Uint8Array.of(0, 0, 0x80, 0x3f, 7, 8),
    );
    const { tensors, metadata } = torch.loadSafetensors(path);
    expect([tensors.a!.item(), tensors.b!.tolist(), metadata]).toEqual([1, [7, 8], {}]);
  });
});

it('a file that is not there is named', () => {
  expect(() => torch.loadSafetensors(file('missing'))).toThrow(/missing/);
  expect(() => torch.loadSafetensors(file('nothing'), { devise: 'cpu' } as never)).toThrow(
    /loadSafetensors: option: .*did you mean device\?/,
  );
  expect(() => torch.loadSafetensors(file('nothing'), { device: 'cuda:9' })).not.toThrow();
});
