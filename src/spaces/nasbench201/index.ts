import { read, within } from '../../errors/schema/read.ts';
import type { ImageTask, Space, SpaceDefinition } from '../space.ts';
import { archSchema, canonical, decode, encode, type NasBench201Arch } from './arch.ts';
import { child, unionParameters } from './child.ts';
import { decisions } from './decisions.ts';
import { fixed } from './fixed.ts';
import { formats } from './formats.ts';
import { type NasBench201Options, nasBench201OptionsSchema } from './options.ts';
import { picture } from './picture.ts';
import { presets } from './presets.ts';

/** The cells of NAS-Bench-201 (Dong & Yang 2020, arXiv:2001.00326). */
export const nasBench201: SpaceDefinition<NasBench201Options, NasBench201Arch> = {
  name: 'nasbench201',
  task: 'images',
  summary: 'the cells of NAS-Bench-201: an operator for each edge between four nodes',
  optionsSchema: nasBench201OptionsSchema,
  presets,
  create,
};

function create(options: NasBench201Options): Space<NasBench201Arch> {
  const complete = read(
    nasBench201OptionsSchema,
    options,
    within('nasbench201 options'),
    'ERR_ARGUMENT',
  );
  const checked = (arch: NasBench201Arch) =>
    read(archSchema, arch, within('nasbench201 architecture'), 'ERR_ARCHITECTURE');
  return {
    name: 'nasbench201',
    decisions,
    archSchema,
    decode,
    encode: (arch) => encode(checked(arch)),
    canonical: (arch) => canonical(checked(arch)),
    child: (arch, task: ImageTask) => child(checked(arch), task, complete),
    fixed: (arch, task: ImageTask) => fixed(checked(arch), task, complete),
    union: (task: ImageTask) => ({ parameters: unionParameters(task, complete) }),
    formats,
    picture: (arch) => picture(checked(arch)),
  };
}
