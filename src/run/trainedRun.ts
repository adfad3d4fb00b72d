import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EnasTorchError } from '../errors/error.ts';
import { readRunConfig } from './directory.ts';
import { checkIsRun, runFiles } from './runPath.ts';

/**
 * The run that trained a network: the one in this folder, or for the run of a search the one in
 * `train/` of it.
 *
 * @throws EnasTorchError ERR_RUN when there is no run, or none that has a trained network yet
 */
export function trainedRun(run: string): string {
  checkIsRun(run);
  const path = readRunConfig(run).arch === null ? join(run, runFiles.training) : run;
  if (existsSync(join(path, runFiles.model)) && existsSync(join(path, runFiles.modelInfo))) {
    return path;
  }
  const remedy = !existsSync(join(path, runFiles.config))
    ? `train its architecture with \`enas-torch train --arch ${run}\`, or search and train with \`enas-torch run --resume ${run}\``
    : `let \`enas-torch ${path === run ? 'train' : 'run'} --resume ${run}\` reach the end of an epoch`;
  throw new EnasTorchError('ERR_RUN', `${run}: expected a run with a trained network; ${remedy}`);
}
