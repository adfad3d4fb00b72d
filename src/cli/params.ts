import { Command } from 'commander';
import { type Counts, counts } from '../graph/counts.ts';
import { costsOf, costTable } from '../report/costs.ts';
import { write } from '../report/output.ts';
import type { Task } from '../spaces/space.ts';
import { readArchitecture } from './architecture.ts';
import { givenForms, readGiven } from './given.ts';
import type { Host } from './host.ts';
import { addNetworkFlags, type SpaceFlags } from './spaceFlags.ts';
import { addTaskFlags, type TaskFlags, taskFrom } from './taskFlags.ts';

interface ParamsOptions extends SpaceFlags, TaskFlags {
  readonly arch: string;
  readonly space?: string;
  readonly format?: string;
  readonly json?: boolean;
}

/** `enas-torch params`: what the network of an architecture costs, by part. */
export function paramsCommand(host: Host): Command {
  const command = new Command('params')
    .description('count the parameters of an architecture trained from scratch, by part')
    .requiredOption('--arch <architecture>', givenForms)
    .option('--space <name>', 'search space, where the text does not say')
    .option('--format <name>', 'form of the text, where it is not clear: json, authors-macro, …');
  return addTaskFlags(addNetworkFlags(command))
    .option('--json', 'print {"total", "auxiliary", "parts"}, the total without the auxiliary head')
    .addHelpText(
      'after',
      `
Examples:
  $ enas-torch params --arch runs/first/best.json
  $ enas-torch params --space macro --format authors-macro --arch published.txt --filters 96 --merge after
  $ enas-torch params --space recurrent --format authors-rnn --arch cell.txt --hidden 748 --json`,
    )
    .action((options: ParamsOptions) => runParams(host, options));
}

async function runParams(host: Host, options: ParamsOptions): Promise<void> {
  const { definition, space, arch } = readArchitecture(readGiven(options.arch), {
    space: options.space,
    format: options.format,
    flags: options,
  });
  const task = taskFrom(options, definition);
  const counted = counts(space.fixed(arch, task));
  await write(host.stdout, options.json ? asJson(counted) : asTable(counted, task));
}

/** A part that has no parameters of its own, such as a tied softmax, is left out. */
function asJson(counted: Counts): string {
  const { parameters: total, parts, auxiliary } = costsOf(counted);
  const byPart = Object.entries(parts)
    .map(([part, { parameters }]) => [part, parameters] as const)
    .filter(([, parameters]) => parameters > 0);
  const result = {
    total,
    auxiliary: auxiliary?.parameters ?? 0,
    parts: Object.fromEntries(byPart),
  };
  return `${JSON.stringify(result)}\n`;
}

function asTable(counted: Counts, { kind }: Task): string {
  return `${costTable(counted, kind === 'images' ? 'image' : 'token').join('\n')}\n`;
}
