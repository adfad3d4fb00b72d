import { Command } from 'commander';
import { type Counts, counts } from '../graph/counts.ts';
import { write } from '../report/output.ts';
import { table } from '../report/table.ts';
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

/** Part of a network that is there for its training only, and not in its size. */
const auxiliary = 'auxiliary';

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

function asJson({ parameters, parts }: Counts): string {
  const { [auxiliary]: head, ...rest } = parts;
  const aside = head?.parameters ?? 0;
  const byPart = Object.entries(rest).map(([part, count]) => [part, count.parameters]);
  const result = {
    total: parameters - aside,
    auxiliary: aside,
    parts: Object.fromEntries(byPart),
  };
  return `${JSON.stringify(result)}\n`;
}

function asTable({ parameters, multiplyAdds, parts }: Counts, { kind }: Task): string {
  const { [auxiliary]: head, ...rest } = parts;
  const total = {
    parameters: parameters - (head?.parameters ?? 0),
    multiplyAdds: multiplyAdds - (head?.multiplyAdds ?? 0),
  };
  const rows = [...Object.entries(rest), ['total', total] as const];
  if (head !== undefined) rows.push([`${auxiliary} (in training only)`, head]);
  const per = kind === 'images' ? 'image' : 'token';
  const cells = [
    ['', 'parameters', `multiply-adds per ${per}`],
    ...rows.map(([part, count]) => [part, grouped(count.parameters), grouped(count.multiplyAdds)]),
  ];
  return `${table(rightAligned(cells)).join('\n')}\n`;
}

function grouped(n: number): string {
  return n.toLocaleString('en-US');
}

/** All columns but the first with their cells at the right edge. */
function rightAligned(rows: readonly (readonly string[])[]): string[][] {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]!.length));
  return rows.map((row) => row.map((cell, i) => (i === 0 ? cell : cell.padStart(width(i)))));
}
