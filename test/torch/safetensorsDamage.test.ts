import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EnasTorchError } from '../../src/errors/error.ts';
import * as torch from '../../src/torch/index.ts';
import { collected } from '../collected.ts';
import { file, handmade, short } from './safetensorsFiles.ts';

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
