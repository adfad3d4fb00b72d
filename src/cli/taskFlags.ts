import type { Command } from 'commander';
import { checkInteger, unexpected } from '../errors/check.ts';
import type { SpaceDefinition, Task, TaskKind } from '../spaces/space.ts';
import { numeric } from './options.ts';

/** The options that {@link addTaskFlags} adds, as commander gives them. */
export interface TaskFlags {
  readonly classes?: unknown;
  readonly image?: string;
  readonly vocab?: unknown;
}

const kinds: Readonly<Record<keyof TaskFlags, TaskKind>> = {
  classes: 'images',
  image: 'images',
  vocab: 'text',
};

/** Adds what a network is to do, as far as its size depends on it. */
export function addTaskFlags(command: Command): Command {
  return command
    .option('--classes <n>', 'classes to tell apart (default: 10)', numeric)
    .option('--image <CxHxW>', 'channels, height and width of an image (default: 3x32x32)')
    .option('--vocab <n>', 'different words of the text (default: 10000)', numeric);
}

/**
 * The task that the flags describe, for networks of this space.
 *
 * @throws EnasTorchError ERR_ARGUMENT for a wrong value, and for a flag of the other kind of task
 */
export function taskFrom(
  flags: TaskFlags,
  { name, task }: Pick<SpaceDefinition, 'name' | 'task'>,
): Task {
  for (const [key, kind] of Object.entries(kinds) as [keyof TaskFlags, TaskKind][]) {
    if (flags[key] === undefined || kind === task) continue;
    throw unexpected(`--${key}`, `a space for ${kind}`, name, `leave --${key} out`);
  }
  if (task === 'text') {
    return { kind: 'text', vocabulary: checkInteger('--vocab', flags.vocab ?? 10_000, 1) };
  }
  const classes = checkInteger('--classes', flags.classes ?? 10, 1);
  return { kind: 'images', ...sizeOf(flags.image ?? '3x32x32'), classes };
}

function sizeOf(image: string) {
  const sizes = /^([1-9]\d*)[x×]([1-9]\d*)[x×]([1-9]\d*)$/.exec(image)?.slice(1).map(Number);
  if (sizes === undefined) {
    throw unexpected('--image', 'channels x height x width, as in 3x32x32', image);
  }
  const [channels, height, width] = sizes as [number, number, number];
  return { channels, height, width };
}
