import { read, within } from '../../errors/schema/read.ts';
import type { ImageTask, Space, SpaceDefinition } from '../space.ts';
import { archSchema, decode, encode, type MicroArch } from './arch.ts';
import { canonical } from './canonical.ts';
import { child, unionParameters } from './child.ts';
import { decisions } from './decisions.ts';
import { fixed } from './fixed.ts';
import { formats } from './formats/index.ts';
import { type MicroOptions, microOptionsSchema } from './options.ts';
import { picture } from './picture.ts';
import { presets } from './presets.ts';

/** The micro search space: convolutional cells (Pham et al. 2018, section 2.4). */
export const micro: SpaceDefinition<MicroOptions, MicroArch> = {
  name: 'micro',
  summary: 'cells of convolutional networks: a normal and a reduction cell, which are stacked',
  task: 'images',
  optionsSchema: microOptionsSchema,
  presets,
  create,
};

function create(options: MicroOptions): Space<MicroArch> {
  const complete = read(microOptionsSchema, options, within('micro options'), 'ERR_ARGUMENT');
  const { blocks, opPrior } = complete;
  const schema = archSchema(blocks);
  const checked = (arch: MicroArch) =>
    read(schema, arch, within('micro architecture'), 'ERR_ARCHITECTURE');
  return {
    name: 'micro',
    decisions: decisions(blocks, opPrior),
    archSchema: schema,
    decode: (choices) => decode(blocks, choices),
    encode: (arch) => encode(checked(arch)),
    canonical: (arch) => canonical(checked(arch)),
    child: (arch, task) => child(checked(arch), task as ImageTask, complete),
    fixed: (arch, task) => fixed(checked(arch), task as ImageTask, complete),
    union: (task) => ({ parameters: unionParameters(task as ImageTask, complete) }),
    formats: formats(blocks, schema),
    picture: (arch) => picture(checked(arch)),
  };
}
