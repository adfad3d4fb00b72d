import { read, within } from '../../errors/schema/read.ts';
import type { Space, SpaceDefinition, TextTask } from '../space.ts';
import { archSchema, decode, encode, type RecurrentArch } from './arch.ts';
import { canonical } from './canonical.ts';
import { child, unionParameters } from './child.ts';
import { decisions } from './decisions.ts';
import { fixed } from './fixed.ts';
import { formats } from './formats/index.ts';
import { type RecurrentOptions, recurrentOptionsSchema } from './options.ts';
import { picture } from './picture.ts';
import { presets } from './presets.ts';

/** The recurrent search space: cells of recurrent networks (Pham et al. 2018, section 2.1). */
export const recurrent: SpaceDefinition<RecurrentOptions, RecurrentArch> = {
  name: 'recurrent',
  summary: 'cells of recurrent networks: for each node an earlier one to read and a function',
  task: 'text',
  optionsSchema: recurrentOptionsSchema,
  presets,
  create,
};

function create(options: RecurrentOptions): Space<RecurrentArch> {
  const complete = read(
    recurrentOptionsSchema,
    options,
    within('recurrent options'),
    'ERR_ARGUMENT',
  );
  const { nodes, firstNode, recurrentInput, output } = complete;
  const schema = archSchema(nodes, firstNode);
  const checked = (arch: RecurrentArch) =>
    read(schema, arch, within('recurrent architecture'), 'ERR_ARCHITECTURE');
  return {
    name: 'recurrent',
    decisions: decisions(nodes, firstNode),
    archSchema: schema,
    decode: (choices) => decode(nodes, firstNode, choices),
    encode: (arch) => encode(firstNode, checked(arch)),
    canonical: (arch) => canonical(checked(arch), recurrentInput === 'lastNode'),
    child: (arch, task) => child(checked(arch), task as TextTask, complete),
    fixed: (arch, task) => fixed(checked(arch), task as TextTask, complete),
    union: (task) => ({ parameters: unionParameters(task as TextTask, complete) }),
    formats: formats(nodes, firstNode, schema),
    picture: (arch) => picture(checked(arch), { output, recurrentInput }),
  };
}
