import { EnasTorchError } from '../errors/error.ts';
import type { Checkpoint } from '../run/checkpoint.ts';
import { RunDirectory } from '../run/directory.ts';
import { checkKind } from '../run/runPath.ts';

/**
 * Opens a run and its newest checkpoint. The caller closes the directory.
 * @throws EnasTorchError ERR_RUN when there is no run of a search, no checkpoint, or another process has it open
 */
export async function openRun(
  run: string,
): Promise<{ directory: RunDirectory; checkpoint: Checkpoint }> {
  const directory = RunDirectory.open(run);
  try {
    checkKind(run, directory.config, 'search');
    const checkpoint = await directory.newestCheckpoint();
    if (checkpoint !== null) return { directory, checkpoint };
    throw new EnasTorchError(
      'ERR_RUN',
      `${run}: expected a run with a checkpoint, got none yet; ` +
        `let \`enas-torch search --resume ${run}\` reach the end of an epoch`,
    );
  } catch (error) {
    directory.close();
    throw error;
  }
}
