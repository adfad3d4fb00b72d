import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { inFile, read } from '../errors/schema/read.ts';
import { removeIfPossible, syncPath, temporaryName, writeFileAtomic } from '../files/atomicFile.ts';
import { writeError } from '../files/writeError.ts';
import type { Tensor } from '../torch/index.ts';
import { readJsonFile } from './configFile.ts';
import type { TrainResult } from './events.ts';
import type { ModelInfo } from './modelInfo.ts';
import { runFiles } from './runPath.ts';
import { thenResume, writing } from './writing.ts';

// What a training adds to its run's folder. Whoever writes has the run open.

/**
 * Writes `model.json` of a run.
 * @throws EnasTorchError ERR_WRITE where the disk is full or there is no permission
 */
export function writeModelInfo(run: string, info: ModelInfo): void {
  writeJson(join(run, runFiles.modelInfo), info);
}

/**
 * Writes `model.safetensors` of a run, whole or not at all.
 * @throws EnasTorchError ERR_WRITE where the disk is full or there is no permission
 */
export async function writeModel(
  run: string,
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const torch = await import('../torch/index.ts');
  const path = join(run, runFiles.model);
  const temporary = temporaryName(path);
  try {
    rmSync(temporary, { force: true });
    torch.saveSafetensors(temporary, tensors, metadata);
    renameSync(temporary, path);
    syncPath(dirname(path));
  } catch (error) {
    removeIfPossible(temporary);
    throw writeError(path, error, thenResume);
  }
}

/**
 * Removes `model.safetensors` of a run, of which nothing is kept yet.
 * @throws EnasTorchError ERR_WRITE where there is no permission
 */
export function removeModel(run: string): void {
  const path = join(run, runFiles.model);
  writing(path, () => rmSync(path, { force: true }));
}

const share = z.number().min(0).max(1);
const perplexity = z.number().positive();

/** In the order that a result is written in, so that it is read in it: a resumed run records it again. */
const resultSchema = z.strictObject({
  version: z.literal(1),
  epoch: z.int().positive(),
  parameters: z.int().positive(),
  multiplyAdds: z.int().positive(),
  unigramTestPerplexity: perplexity.optional(),
  testAccuracy: share.optional(),
  testPerplexity: perplexity.optional(),
  validAccuracy: share.optional(),
  validPerplexity: perplexity.optional(),
  heldOut: z.literal(false).optional(),
});

/**
 * Writes `result.json` of a run.
 * @throws EnasTorchError ERR_WRITE where the disk is full or there is no permission
 */
export function writeResult(run: string, result: TrainResult): void {
  writeJson(join(run, runFiles.result), { version: 1, ...result });
}

function writeJson(path: string, value: unknown): void {
  writing(path, () => writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`));
}

/**
 * What a finished training came to, or null where it has not ended.
 * @throws EnasTorchError ERR_RUN when the file is damaged
 */
export function readResult(run: string): TrainResult | null {
  const file = join(run, runFiles.result);
  if (!existsSync(file)) return null;
  const value = readJsonFile(file, 'ERR_RUN');
  const { version: _, ...result } = read(resultSchema, value, inFile(file), 'ERR_RUN');
  return result as TrainResult;
}
