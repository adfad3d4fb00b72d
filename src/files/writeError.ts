import { EnasTorchError } from '../errors/error.ts';

/** Why the operating system refuses to write, and what helps. */
const refusals: Readonly<Record<string, readonly [reason: string, remedy: string]>> = {
  ENOSPC: ['the disk is full', 'make room'],
  EDQUOT: ['the disk quota is used up', 'make room'],
  EFBIG: ['the file would be larger than is allowed here', 'allow larger files'],
  EROFS: ['its file system is read-only', 'have it writable'],
  EACCES: ['there is no permission to', 'have it writable'],
  EPERM: ['there is no permission to', 'have it writable'],
  EIO: ['the disk failed', 'look at the disk'],
};

/**
 * What to throw where a file or folder could not be written: an EnasTorchError ERR_WRITE that names
 * it, or the error itself where it is none of a disk's or of permission.
 *
 * @param path what was to be written, by the name that is known to whoever reads the message
 * @param then what to do when there is room
 */
export function writeError(path: string, error: unknown, then = 'try again'): unknown {
  const isOurs = error instanceof EnasTorchError && error.code === 'ERR_WRITE';
  const cause = (isOurs ? error.cause : error) as NodeJS.ErrnoException;
  const refusal = Object.hasOwn(refusals, cause?.code ?? '') ? refusals[cause.code!] : undefined;
  if (refusal === undefined) return error;
  const [reason, remedy] = refusal;
  return new EnasTorchError(
    'ERR_WRITE',
    `${path}: expected to write it, but ${reason}; ${remedy}, then ${then}`,
    { cause },
  );
}
