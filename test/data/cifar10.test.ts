import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cifar10 } from '../../src/data/cifar10.ts';
import type { Tensor } from '../../src/torch/index.ts';
import { temporaryFolder } from '../run/temporary.ts';

const recordBytes = 3073;
const files = [...[1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`), 'test_batch.bin'] as const;

let whole: string;

/**
 * Record i of file f: label (i + f) mod 10; red alternates between 0 and 255, green is 51; blue begins
 * with f and the index, and is else 0.
 */
function fileContents(f: number): Buffer {
  const bytes = Buffer.alloc(10_000 * recordBytes);
  for (let i = 0; i < 10_000; i++) {
    const start = i * recordBytes;
    bytes[start] = (i + f) % 10;
    bytes.fill(i % 2 === 0 ? 0 : 255, start + 1, start + 1025);
    bytes.fill(51, start + 1025, start + 2049);
    bytes[start + 2049] = f;
    bytes.writeUInt16BE(i, start + 2050);
  }
  return bytes;
}

beforeAll(() => {
  whole = mkdtempSync(join(tmpdir(), 'enas-torch-cifar10-'));
  for (const [f, name] of files.entries()) writeFileSync(join(whole, name), fileContents(f));
});

afterAll(() => rmSync(whole, { recursive: true, force: true }));

/** A folder with links to the files, but for those left out. */
function folderWithout(...left: string[]): string {
  const folder = temporaryFolder();
  for (const name of files)
    if (!left.includes(name)) symlinkSync(join(whole, name), join(folder, name));
  return folder;
}

/** File and index of an image, from its blue plane. */
function origin(images: Tensor, i: number): number[] {
  const [f, high, low] = images.select(0, i).select(0, 2).select(0, 0).tolist() as number[];
  return [f!, high! * 256 + low!];
}

describe('CIFAR-10', () => {
  it('is 45,000 training images, the last 5,000 for validation, 10,000 for the test', async () => {
    const dataset = await cifar10(whole);
    const { train, valid, test } = dataset;
    expect(train.images.shape).toEqual([45_000, 3, 32, 32]);
    expect(train.images.dtype).toBe('uint8');
    expect(train.labels.dtype).toBe('int64');
    expect(valid.images.shape).toEqual([5_000, 3, 32, 32]);
    expect(test.images.shape).toEqual([10_000, 3, 32, 32]);
    expect(origin(train.images, 0)).toEqual([0, 0]);
    expect(origin(train.images, 12_345)).toEqual([1, 2_345]);
    expect(origin(train.images, 44_999)).toEqual([4, 4_999]);
    expect(origin(valid.images, 0)).toEqual([4, 5_000]);
    expect(origin(valid.images, 4_999)).toEqual([4, 9_999]);
    expect(origin(test.images, 9_999)).toEqual([5, 9_999]);
    expect(train.labels.select(0, 12_345).item()).toBe(6);
    expect(valid.labels.select(0, 0).item()).toBe(4);
    expect(test.labels.select(0, 7).item()).toBe(2);
    expect(dataset.classes).toEqual([
      'airplane',
      'automobile',
      'bird',
      'cat',
      'deer',
      'dog',
      'frog',
      'horse',
      'ship',
      'truck',
    ]);
  });

  it('has mean and deviation of the training images alone', async () => {
    const { mean, std } = await cifar10(whole);
    // 22,500 red planes of 0 and as many of 1; green is 51/255 throughout.
    expect(mean[0]).toBeCloseTo(0.5, 12);
    expect(std[0]).toBeCloseTo(0.5, 12);
    expect(mean[1]).toBeCloseTo(0.2, 12);
    expect(std[1]).toBe(1);
    let blue = 0;
    for (let f = 0; f < 5; f++) {
      for (let i = 0; i < (f === 4 ? 5_000 : 10_000); i++)
        blue += f + Math.floor(i / 256) + (i % 256);
    }
    expect(mean[2]).toBeCloseTo(blue / (45_000 * 1024 * 255), 12);
  });

  it('lies in the folder named or in the one of the archive in it, and is the same', async () => {
    const parent = temporaryFolder();
    symlinkSync(whole, join(parent, 'cifar-10-batches-bin'));
    const { fingerprint } = await cifar10(whole);
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect((await cifar10(parent)).fingerprint).toBe(fingerprint);
  });

  it('takes class names from batches.meta.txt', async () => {
    const folder = folderWithout();
    const names = 'zero one two three four five six seven eight nine'.split(' ');
    writeFileSync(join(folder, 'batches.meta.txt'), `${names.join('\r\n')}\n\n`);
    expect((await cifar10(folder)).classes).toEqual(names);
    writeFileSync(join(folder, 'batches.meta.txt'), 'one\ntwo\n');
    await expect(cifar10(folder)).rejects.toMatchObject({
      code: 'ERR_DATA',
      message: expect.stringMatching(/batches\.meta\.txt: expected ten class names.*there are 2;/),
    });
  });

  it('has another fingerprint when one pixel differs', async () => {
    const folder = folderWithout('test_batch.bin');
    const changed = fileContents(5);
    changed[recordBytes - 1] = 1;
    writeFileSync(join(folder, 'test_batch.bin'), changed);
    expect((await cifar10(folder)).fingerprint).not.toBe((await cifar10(whole)).fingerprint);
  });
});

describe('damaged files of CIFAR-10', () => {
  const refusal = (message: RegExp) => ({
    code: 'ERR_DATA',
    message: expect.stringMatching(message),
  });

  it('a missing file is named', async () => {
    await expect(cifar10(folderWithout('data_batch_3.bin'))).rejects.toMatchObject(
      refusal(
        /data_batch_3\.bin: expected 30730000 bytes, there is no such file; .*enas-torch data/,
      ),
    );
  });

  it.each([30_729_999, 30_730_001, 0])(
    'a file of %i bytes is named with its size',
    async (size) => {
      const folder = folderWithout('test_batch.bin');
      writeFileSync(join(folder, 'test_batch.bin'), '');
      truncateSync(join(folder, 'test_batch.bin'), size);
      await expect(cifar10(folder)).rejects.toMatchObject(
        refusal(new RegExp(`test_batch\\.bin: expected 30730000 bytes, there are ${size};`)),
      );
    },
  );

  it('a label over 9 is named with its image', async () => {
    const folder = folderWithout('data_batch_2.bin');
    const bytes = fileContents(1);
    bytes[4_321 * recordBytes] = 10;
    writeFileSync(join(folder, 'data_batch_2.bin'), bytes);
    await expect(cifar10(folder)).rejects.toMatchObject(
      refusal(/data_batch_2\.bin: expected labels from 0 to 9, image 4321 has the label 10;/),
    );
  });

  it('a folder without the files says what was looked for', async () => {
    const folder = temporaryFolder();
    await expect(cifar10(folder)).rejects.toMatchObject(
      refusal(
        /there is no data_batch_1\.bin, nor a folder cifar-10-batches-bin; fetch it: enas-torch/,
      ),
    );
    await expect(cifar10(join(folder, 'none'))).rejects.toMatchObject(
      refusal(/none: .*there is no such folder; fetch it/),
    );
  });

  it('the Python version is told apart', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'cifar-10-batches-py'));
    await expect(cifar10(folder)).rejects.toMatchObject(
      refusal(/these are the Python files, the binary version is needed/),
    );
  });
});
