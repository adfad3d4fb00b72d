import { read, within } from '../../errors/schema/read.ts';
import type { ImageTask, Space, SpaceDefinition } from '../space.ts';
import { archSchema, decode, encode, type MacroArch } from './arch.ts';
import { child, unionParameters } from './child.ts';
import { decisions } from './decisions.ts';
import { fixed } from './fixed.ts';
import { formats } from './formats.ts';
import { type MacroOptions, macroOptionsSchema } from './options.ts';
import { picture } from './picture.ts';
import { presets } from './presets.ts';

/** The macro search space: whole convolutional networks (Pham et al. 2018, section 2.3). */
export const macro: SpaceDefinition<MacroOptions, MacroArch> = {
  name: 'macro',
  task: 'images',
  summary: 'whole convolutional networks: an operator and skip connections for each layer',
  optionsSchema: macroOptionsSchema,
  presets,
  create,
};

function create(options: MacroOptions): Space<MacroArch> {
  const complete = read(macroOptionsSchema, options, within('macro options'), 'ERR_ARGUMENT');
  const { layers } = complete;
  const schema = archSchema(layers);
  const checked = (arch: MacroArch) =>
    read(schema, arch, within('macro architecture'), 'ERR_ARCHITECTURE');
  return {
    name: 'macro',
    decisions: decisions(layers),
    archSchema: schema,
    decode: (choices) => decode(layers, choices),
    encode: (arch) => encode(checked(arch)),
    canonical: checked,
    child: (arch, task: ImageTask) => child(checked(arch), task, complete),
    fixed: (arch, task: ImageTask) => fixed(checked(arch), task, complete),
    union: (task: ImageTask) => ({ parameters: unionParameters(task, complete) }),
    formats: formats(layers, schema),
    picture: (arch) => picture(checked(arch)),
  };
}
