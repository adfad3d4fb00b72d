import type { ZodType } from 'zod';
import { jsonFormat } from '../../jsonFormat.ts';
import type { Format } from '../../space.ts';
import type { MicroArch } from '../arch.ts';
import { authorsMicro } from './authorsMicro.ts';
import { genotype } from './genotype.ts';
import { nni } from './nni.ts';

/** The formats of the architectures with so many blocks in each cell. */
export function formats(
  blocks: number,
  schema: ZodType<MicroArch>,
): Readonly<Record<string, Format<MicroArch>>> {
  return {
    json: jsonFormat('micro', schema),
    'authors-micro': authorsMicro(blocks),
    nni: nni(blocks),
    genotype: genotype(blocks),
  };
}
