import { homedir } from 'node:os';
import { join } from 'node:path';
import { checkOneOf, unexpected } from '../errors/check.ts';
import type { TaskKind } from '../spaces/space.ts';

/** The kinds of data set that networks for each task can learn from. */
export const specKinds = {
  images: ['builtin', 'cifar10', 'images'],
  text: ['builtin', 'text'],
} as const;

type FolderKind<K extends TaskKind> = Exclude<(typeof specKinds)[K][number], 'builtin'>;

/** What a spec says. */
export type Source<K extends TaskKind> =
  | { readonly kind: 'builtin' }
  | { readonly kind: FolderKind<K>; readonly folder: string };

/**
 * Takes a spec, `builtin` or `<kind>:<folder>`, apart. A folder may begin with `~/`.
 *
 * @throws EnasTorchError ERR_ARGUMENT for another spec, and for one of the other task's data
 */
export function parseSpec<K extends TaskKind>(spec: string, task: K): Source<K> {
  const [named, folder] = split(spec);
  const kinds: readonly string[] = specKinds[task];
  const other = task === 'images' ? 'text' : 'images';
  if (!kinds.includes(named) && (specKinds[other] as readonly string[]).includes(named)) {
    throw unexpected(
      'data',
      `one of ${kinds.join(', ')}`,
      spec,
      `${named}: is for spaces whose networks learn ${other}, and this one's learn ${task}`,
    );
  }
  const kind = checkOneOf('data', named, kinds);
  if (kind === 'builtin') {
    if (folder !== null) throw unexpected('data', 'builtin alone', spec, 'it has no folder');
    return { kind };
  }
  if (folder === null || folder === '') {
    throw unexpected('data', `${kind}:<folder>`, spec, 'name the folder after a colon');
  }
  // No shell expands a tilde in the middle of a word.
  const path = folder.startsWith('~/') ? join(homedir(), folder.slice(2)) : folder;
  return { kind: kind as FolderKind<K>, folder: path };
}

/**
 * What the data that a spec names is of; of `builtin`, which is there for either task, images.
 * @throws EnasTorchError ERR_ARGUMENT when no kind has this name
 */
export function taskOfSpec(spec: string): TaskKind {
  const all = [...new Set([...specKinds.images, ...specKinds.text])];
  const kind = checkOneOf('data', split(spec)[0], all);
  return (specKinds.images as readonly string[]).includes(kind) ? 'images' : 'text';
}

/** The kind and, after a first colon, the folder. */
function split(spec: string): [kind: string, folder: string | null] {
  const colon = spec.indexOf(':');
  return colon === -1 ? [spec, null] : [spec.slice(0, colon), spec.slice(colon + 1)];
}
