import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { opsOf } from '../../../src/spaces/nasbench201/arch.ts';
import { nasBench201 } from '../../../src/spaces/nasbench201/index.ts';
import { nasBench201OptionsSchema } from '../../../src/spaces/nasbench201/options.ts';
import { archs } from './arbitrary.ts';

const space = nasBench201.create(nasBench201OptionsSchema.parse({}));

describe('the picture of a cell', () => {
  it('is one SVG document with each edge that is there, and its operator', () => {
    fc.assert(
      fc.property(archs, (arch) => {
        const picture = space.picture(arch);
        expect(picture.match(/<svg /g)).toHaveLength(1);
        expect(picture).not.toMatch(/NaN|undefined/);
        const drawn = [...picture.matchAll(/<title>node (\d) → node (\d): (\w+)<\/title>/g)].map(
          ([, from, to, op]) => `${from}${to}${op}`,
        );
        const ends = ['01', '02', '12', '03', '13', '23'];
        const wanted = opsOf(arch).flatMap((op, i) => (op === 'none' ? [] : [`${ends[i]}${op}`]));
        expect(drawn).toEqual(wanted);
        const none = 6 - wanted.length;
        expect(picture).toContain(`>none  × ${none}<`);
        expect(picture).toContain(`${6 - none} of 6 edges`);
      }),
    );
  });
});
