import { writeError } from '../files/writeError.ts';

/** What to do about a run that could not be written. */
export const thenResume = 'resume the run, whose last checkpoint is untouched';

/**
 * Does what writes a file of a run.
 * @throws EnasTorchError ERR_WRITE, naming the path, where the disk is full or there is no permission
 */
export function writing<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw writeError(path, error, thenResume);
  }
}
