import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { looseEnds } from '../../../src/spaces/recurrent/looseEnds.ts';
import { cellLayout } from '../../../src/spaces/recurrent/pictureLayout.ts';
import { archOf } from './arbitrary.ts';
import { create, publishedAuthors } from './published.ts';

const published = () => create().formats['authors-rnn']!.parse(publishedAuthors);
const layouts = fc.tuple(archOf(12), fc.constantFrom('lastNode' as const, 'output' as const));

describe('the picture of a recurrent cell', () => {
  it('is an SVG document that a renderer takes, of the size it says', async () => {
    const svg = create().picture(published());
    const { format, width, height } = await sharp(Buffer.from(svg)).metadata();
    expect(format).toBe('svg');
    expect(svg).toContain(`width="${width}" height="${height}"`);
  });

  it('has every edge once, the mean of what no other reads, and the recurrence', () => {
    const cell = published();
    const svg = create().picture(cell);
    const titles = [...svg.matchAll(/<title>(.*)<\/title>/g)].map(([, title]) => title);
    const edges = cell.nodes.flatMap((node, i) =>
      'from' in node ? [`${node.from} → node${i + 1}`] : [],
    );
    expect(titles.slice(1).sort()).toEqual(
      [
        'x → node1',
        'h → node1',
        ...edges,
        ...looseEnds(cell).map((name) => `${name} → mean`),
        'mean → output',
        'last node → h at the next time step',
      ].sort(),
    );
    expect(svg).toContain('12 nodes, 6 that no other read');
    expect(svg).toContain('ReLU  × 7');
  });

  it('says where all nodes are averaged, and what the next time step reads', () => {
    const svg = create({ output: 'all', recurrentInput: 'output' }).picture(published());
    expect(svg).toContain('mean of nodes 2 to 12');
    expect(svg).toContain('mean → h at the next time step');
  });

  it('keeps boxes apart and inside of the picture', () => {
    fc.assert(
      fc.property(layouts, ([arch, recurrentInput]) => {
        const { width, height, nodes, inputs, mean } = cellLayout(arch, recurrentInput);
        const frames = [...nodes.map(({ frame }) => frame), inputs.x, inputs.h, mean];
        for (const [i, a] of frames.entries()) {
          expect(a.x).toBeGreaterThanOrEqual(0);
          expect(a.x + a.width).toBeLessThanOrEqual(width);
          expect(a.y + a.height).toBeLessThanOrEqual(height);
          for (const b of frames.slice(i + 1)) {
            const apart =
              a.x + a.width < b.x ||
              b.x + b.width < a.x ||
              a.y + a.height < b.y ||
              b.y + b.height < a.y;
            expect(apart).toBe(true);
          }
        }
      }),
    );
  });

  it('lets no line to the mean and no recurrence cross a box', () => {
    fc.assert(
      fc.property(layouts, ([arch, recurrentInput]) => {
        const { nodes, inputs, drops, recurrence, mean } = cellLayout(arch, recurrentInput);
        const frames = nodes.map(({ frame }) => frame);
        for (const { x1, x2, y1, y2 } of drops) {
          expect(x1).toBe(x2);
          expect(x1).toBeGreaterThan(mean.x);
          expect(x1).toBeLessThan(mean.x + mean.width);
          const crossed = frames.filter(
            ({ x, y, width }) => x < x1 && x1 < x + width && y1 < y && y < y2,
          );
          expect(crossed).toEqual([]);
        }
        const [[from, y], [lane]] = recurrence as [[number, number], [number, number]];
        const right = [...frames, inputs.h].map((frame) => frame.x + frame.width);
        expect(lane).toBeGreaterThan(Math.max(...right));
        const beside = frames.filter(
          (frame) => frame.x > from && frame.y < y && y < frame.y + frame.height,
        );
        expect(beside).toEqual([]);
      }),
    );
  });
});
