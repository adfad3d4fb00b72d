import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { EnasTorchError } from '../../src/errors/error.ts';
import * as torch from '../../src/torch/index.ts';
import { collected } from '../collected.ts';

// That files written by Python's own package are read is proved by every fixture of parity/.

const directory = mkdtempSync(join(tmpdir(), 'safetensors-'));
afterAll(() => rmSync(directory, { recursive: true }));
const file = (name: string) => join(directory, name);

/** A file made by hand: a header, or the text of one, and the data after it. */
function handmade(header: unknown, data: Uint8Array = new Uint8Array(0), claimed?: bigint): string {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(claimed ?? BigInt(text.length));
  writeFileSync(file('handmade'), Buffer.concat([length, text, data]));
  return file('handmade');
}

/** A file of these bytes and no more. */
function short(bytes: string): string {
  writeFileSync(file('short'), bytes);
  return file('short');
}

/** The parts of a file, read without our code. */
function parts(path: string) {
  const bytes = readFileSync(path);
  const end = 8 + Number(bytes.readBigUInt64LE());
  return { header: bytes.subarray(8, end).toString(), data: bytes.subarray(end), end };
}

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

describe('a damaged file', () => {
  const entry = (changes: object) => ({
    x: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...changes },
  });
  const data = new Uint8Array(8);

  it.each([
    ['is empty', () => short(''), /got 0 bytes/],
    ['ends in its length', () => short('abc'), /got 3 bytes/],
    [
      'claims a huge header',
      () => handmade({}, data, 2n ** 63n),
      /its header claims 9223372036854776000 bytes/,
    ],
    [
      'claims a header longer than itself',
      () => handmade({}, data, 11n),
      /its header claims 11 bytes of the file's 18/,
    ],
    [
      'claims a header beyond the limit',
      () => handmade({}, data, 2n ** 31n),
      /its header claims 2147483648/,
    ],
    [
      'has a header that is no JSON',
      () => handmade('{"x":', data),
      /its header is not a JSON object/,
    ],
    [
      'has a header that is an array',
      () => handmade('[]', data),
      /its header is not a JSON object/,
    ],
    ['has a header that is null', () => handmade('null'), /its header is not a JSON object/],
    [
      'has an unknown dtype',
      () => handmade(entry({ dtype: 'F8' }), data),
      /tensor "x" has dtype F8/,
    ],
    [
      'has a dtype named like a property',
      () => handmade(entry({ dtype: 'constructor' }), data),
      /tensor "x" has dtype constructor/,
    ],
    [
      'has an entry that is null',
      () => handmade({ x: null }, data),
      /tensor "x" has dtype undefined/,
    ],
    [
      'has an entry that is a number',
      () => handmade({ x: 5 }, data),
      /tensor "x" has dtype undefined/,
    ],
    ['has no shape', () => handmade(entry({ shape: null }), data), /tensor "x" has no valid shape/],
    [
      'has a negative size',
      () => handmade(entry({ shape: [-2] }), data),
      /tensor "x" has no valid shape/,
    ],
    [
      'has a fractional size',
      () => handmade(entry({ shape: [0.5, 4] }), data),
      /has no valid shape/,
    ],
    [
      'has a size beyond 2^53',
      () => handmade(entry({ shape: [1e300, 0] }), data),
      /has no valid shape/,
    ],
    ['has no offsets', () => handmade(entry({ data_offsets: undefined }), data), /lies outside/],
    [
      'has a negative offset',
      () => handmade(entry({ data_offsets: [-8, 0] }), data),
      /lies outside its 8 bytes/,
    ],
    [
      'has offsets outside the file',
      () => handmade(entry({ data_offsets: [8, 16] }), data),
      /lies outside/,
    ],
    [
      'has an offset in the far beyond',
      () => handmade(entry({ data_offsets: [0, 1e308] }), data),
      /lies outside/,
    ],
    [
      'has offsets the wrong way round',
      () => handmade(entry({ data_offsets: [8, 0] }), data),
      /lies outside/,
    ],
    [
      'has a shape that takes more bytes',
      () => handmade(entry({ shape: [3] }), data),
      /of shape \[3\] takes 12 bytes, not 8/,
    ],
    [
      'has a shape whose product overflows',
      () => handmade(entry({ shape: [2 ** 40, 2 ** 40] }), data),
      /takes .* bytes, not 8/,
    ],
    [
      'has a shape whose product is that of the bytes by overflow alone',
      () => handmade(entry({ shape: [2 ** 32, 2 ** 32, 2], dtype: 'U8', data_offsets: [0, 0] })),
      /takes 36893488147419103000 bytes, not 0/,
    ],
    [
      'has two negative sizes whose product is right',
      () => handmade(entry({ shape: [-1, -2] }), data),
      /has no valid shape/,
    ],
    ['has a shape that is text', () => handmade(entry({ shape: '2' }), data), /has no valid shape/],
    [
      'has offsets that are text',
      () => handmade(entry({ data_offsets: ['0', '8'] }), data),
      /lies outside/,
    ],
    [
      'has fractional offsets',
      () => handmade(entry({ data_offsets: [0.5, 8.5] }), data),
      /lies outside/,
    ],
    [
      'has offsets beyond 2^53',
      () => handmade(entry({ data_offsets: [2 ** 53, 2 ** 53 + 8] }), data),
      /lies outside/,
    ],
    [
      'has one name twice',
      () =>
        handmade(
          '{"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},' +
            '"x":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}',
          data,
        ),
      /bytes 0 to 4 of its data belong to no tensor/,
    ],
    [
      'has a tensor called __proto__ that is none',
      () => handmade('{"__proto__":{"dtype":"F32","shape":[9],"data_offsets":[0,8]}}', data),
      /tensor "__proto__" of shape \[9\] takes 36 bytes, not 8/,
    ],
    [
      'takes its shape from a prototype',
      () => handmade('{"x":{"__proto__":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}}', data),
      /tensor "x" has dtype undefined/,
    ],
    [
      'has brackets without end',
      () => handmade('['.repeat(200_000)),
      /its header is not a JSON object/,
    ],
    [
      'has overlapping tensors',
      () => handmade({ ...entry({}), y: { dtype: 'U8', shape: [1], data_offsets: [7, 8] } }, data),
      /tensor "y" overlaps tensor "x"/,
    ],
    [
      'has bytes that belong to no tensor',
      () => handmade(entry({ shape: [1], data_offsets: [0, 4] }), data),
      /bytes 4 to 8 of its data belong to no tensor/,
    ],
    [
      'has a hole between tensors',
      () =>
        handmade(
          {
            a: { dtype: 'U8', shape: [2], data_offsets: [0, 2] },
            b: { dtype: 'U8', shape: [4], data_offsets: [4, 8] },
          },
          data,
        ),
      /bytes 2 to 4 of its data belong to no tensor/,
    ],
    [
      'has metadata that is no text',
      () => handmade({ __metadata__: { a: 1 } }),
      /its metadata is not text/,
    ],
    [
      'has metadata that is a list',
      () => handmade({ __metadata__: [] }),
      /its metadata is not text/,
    ],
  ])('that %s is refused by name', (_, make, message) => {
    const path = make();
    expect(() => torch.loadSafetensors(path)).toThrow(message);
    expect(() => torch.loadSafetensors(path)).toThrow(
      expect.objectContaining({ code: 'ERR_RUN', message: expect.stringContaining(path) }),
    );
  });

  it('never does worse than an EnasTorchError, whichever bytes are changed or cut off', () => {
    torch.saveSafetensors(file('whole'), {
      a: torch.ones([2, 2]),
      b: torch.tensor([1], { dtype: 'int64' }),
    });
    const whole = readFileSync(file('whole'));
    const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 3 });
    fc.assert(
      fc.property(changes, fc.nat(whole.length), (edits, cut) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of edits) bytes[at] = value;
        writeFileSync(file('edited'), bytes.subarray(0, cut === 0 ? bytes.length : cut));
        try {
          torch.scope(() => void torch.loadSafetensors(file('edited')));
        } catch (error) {
          expect(error).toBeInstanceOf(EnasTorchError);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is refused before memory is taken for what it claims', () => {
    const huge = 2 ** 40;
    const path = handmade({ x: { dtype: 'F32', shape: [huge], data_offsets: [0, 4 * huge] } });
    const before = process.memoryUsage().arrayBuffers;
    expect(() => torch.loadSafetensors(path)).toThrow(/tensor "x" lies outside its 0 bytes/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6);
  });

  it('leaves no tensor of the whole ones before it', () => {
    const path = handmade(
      {
        fine: { dtype: 'U8', shape: [8], data_offsets: [0, 8] },
        wrong: { dtype: 'U8', shape: [9], data_offsets: [8, 16] },
      },
      new Uint8Array(16),
    );
    torch.scope(() => {
      const before = collected().tensors;
      expect(() => torch.loadSafetensors(path)).toThrow(/wrong/);
      expect(torch.memory().tensors).toBe(before);
    });
  });
});

it('a file that is not there is named', () => {
  expect(() => torch.loadSafetensors(file('missing'))).toThrow(/missing/);
  expect(() => torch.loadSafetensors(file('nothing'), { devise: 'cpu' } as never)).toThrow(
    /loadSafetensors: option: .*did you mean device\?/,
  );
  expect(() => torch.loadSafetensors(file('nothing'), { device: 'cuda:9' })).not.toThrow();
});
