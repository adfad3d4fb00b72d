import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { micro } from '../../../src/spaces/micro/index.ts';
import { looseEnds } from '../../../src/spaces/micro/looseEnds.ts';
import { microOptionsSchema } from '../../../src/spaces/micro/options.ts';
import { cellLayout } from '../../../src/spaces/micro/pictureLayout.ts';
import type { Frame } from '../../../src/spaces/picture/shapes.ts';
import { archOf } from './arbitrary.ts';
import { publishedMicro } from './published.ts';

const create = (blocks = 5) => micro.create(microOptionsSchema.parse({ blocks }));

function overlap(a: Frame, b: Frame): boolean {
  const apart =
    a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
  return !apart;
}

describe('the picture of a micro architecture', () => {
  it('is an SVG document that a renderer takes, of the size it says', async () => {
    const space = create();
    const svg = space.picture(space.formats['authors-micro']!.parse(publishedMicro));
    const { format, width, height } = await sharp(Buffer.from(svg)).metadata();
    expect(format).toBe('svg');
    expect(svg).toContain(`width="${width}" height="${height}"`);
    expect(svg).toContain('>Normal cell<');
    expect(svg).toContain('>Reduction cell<');
    expect(svg).toContain('separable 5×5, twice  × 7');
    expect(svg.match(/>sep 5×5 \/2</g)).toHaveLength(2);
    expect(svg).toContain('concatenated: node 2, node 4, node 5, node 6');
  });

  it('has a line into each side of each block from what it reads, and from loose ends', () => {
    fc.assert(
      fc.property(archOf(5), ({ normal }) => {
        const { cards, lines } = cellLayout(normal);
        const arrows = lines.filter(({ arrow }) => arrow);
        expect(arrows).toHaveLength(10 + looseEnds(normal).length);
        for (const { name, chips } of cards) {
          const block = normal[Number(name.slice(4)) - 2]!;
          expect(chips.map(({ side }) => side).sort()).toEqual([0, 1]);
          for (const { side, frame } of chips) {
            const entering = arrows.filter(
              ({ x2, y2 }) => Math.abs(x2 - frame.x - frame.width / 2) < 1e-6 && y2 === frame.y,
            );
            expect(entering.map(({ source }) => source)).toEqual([block.inputs[side]]);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('keeps boxes apart and inside, and no line passes behind one', () => {
    fc.assert(
      fc.property(archOf(7), ({ normal }) => {
        const { width, height, inputs, cards, output, lines } = cellLayout(normal);
        const frames = [...inputs, ...cards].map(({ frame }) => frame);
        const boxes = [...frames, output];
        for (const [i, box] of boxes.entries()) {
          expect(box.x).toBeGreaterThanOrEqual(0);
          expect(box.x + box.width).toBeLessThanOrEqual(width);
          expect(box.y + box.height).toBeLessThanOrEqual(height);
          expect(boxes.slice(i + 1).some((other) => overlap(box, other))).toBe(false);
        }
        // Lanes are the straight lines without a head that go through a row.
        for (const { x1, y1, x2, y2 } of lines.filter(
          (line) => !line.arrow && line.x1 === line.x2,
        )) {
          const lane = { x: x1, y: y1 + 1, width: Math.max(0.01, x2 - x1), height: y2 - y1 - 2 };
          const row = cards.filter(({ frame }) => frame.y === y1);
          expect(row.some(({ frame }) => overlap(lane, frame))).toBe(false);
        }
      }),
      { numRuns: 40 },
    );
  });
});
