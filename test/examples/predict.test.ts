import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plain, put } from '../data/imageFixtures.ts';
import { temporaryFolder } from '../run/temporary.ts';
import { imageRun } from '../use/runs.ts';
import { run } from './running.ts';

describe('examples/predict.mjs', () => {
  it('says of each image its most probable classes, or why it cannot be read', async () => {
    const folder = temporaryFolder();
    await put(folder, 'blue.png', plain([0, 0, 255]));
    await put(folder, 'red.png', plain([255, 0, 0]));
    writeFileSync(join(folder, 'broken.png'), 'no image');
    const { code, stdout, stderr } = await run('predict.mjs', [await imageRun(), folder]);
    expect([code, stderr]).toEqual([0, '']);
    const [blue, broken, red, last] = stdout.trimEnd().split('\n');
    const classes = String.raw`(\S+ \d+\.\d %, ){2}\S+ \d+\.\d %`;
    expect(blue).toMatch(new RegExp(`^1/3 .*blue.png: ${classes}$`));
    expect(broken).toMatch(/^2\/3 .*broken.png: expected an image/);
    expect(red).toMatch(new RegExp(`^3/3 .*red.png: ${classes}$`));
    expect(last).toBe('2 of 3 images classified');
  });

  it('fails with a clear error where nothing is trained', async () => {
    const { code, stderr } = await run('predict.mjs', [temporaryFolder(), 'photo.jpg']);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/EnasTorchError/);
  });
});
