import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { macro } from '../../../src/spaces/macro/index.ts';
import { macroOptionsSchema } from '../../../src/spaces/macro/options.ts';
import { layout } from '../../../src/spaces/macro/pictureLayout.ts';
import { archOf } from './arbitrary.ts';
import { publishedMacro } from './published.ts';

const create = (layers: number) => macro.create(macroOptionsSchema.parse({ layers }));
const published = () => create(24).formats['authors-macro']!.parse(publishedMacro);

describe('the picture of a macro architecture', () => {
  it('is an SVG document that a renderer takes, of the size it says', async () => {
    const svg = create(24).picture(published());
    const { format, width, height } = await sharp(Buffer.from(svg)).metadata();
    expect(format).toBe('svg');
    expect(svg).toContain(`width="${width}" height="${height}"`);
  });

  it('has every skip connection once and every layer', () => {
    const svg = create(24).picture(published());
    const arcs = [...svg.matchAll(/<title>(\w+) → (\w+)<\/title>/g)].map(([, from, to]) => [
      from,
      to,
    ]);
    const skips = published().layers.flatMap(({ skips }, l) =>
      skips.map((from) => [from, `layer${l}`]),
    );
    expect(arcs).toEqual(skips);
    for (let l = 0; l < 24; l++) expect(svg).toContain(`>layer ${l}<`);
    expect(svg).toContain('24 layers, 98 of 276 skip connections (36 %)');
    expect(svg).toContain('conv 5×5  × 9');
  });

  it('keeps everything inside its frame, and arcs on the boxes they join', () => {
    fc.assert(
      fc.property(archOf(12), (arch) => {
        const { width, height, right, rows, arcs } = layout(arch);
        const frames = new Map(rows.map(({ name, frame }) => [name, frame]));
        for (const { source, target, from, to, reach } of arcs) {
          expect(right + reach).toBeLessThan(width);
          for (const [name, y] of [
            [source, from],
            [target, to],
          ] as const) {
            const box = frames.get(name)!;
            expect(y).toBeGreaterThan(box.y);
            expect(y).toBeLessThan(box.y + box.height);
          }
        }
        const last = rows.at(-1)!.frame;
        expect(last.y + last.height).toBeLessThan(height);
      }),
    );
  });
});
