import { z } from 'zod';
import { inFile, read } from '../errors/schema/read.ts';
import { readJsonFile } from './configFile.ts';
import type { BestArch } from './events.ts';

/** What `best.json` of a run holds: an architecture, where it comes from, and what was measured of it. */
export const bestSchema = z.strictObject({
  version: z.literal(1),
  space: z.strictObject({ name: z.string(), options: z.record(z.string(), z.unknown()) }),
  arch: z.unknown(),
  /** From one validation minibatch, under the shared parameters. */
  reward: z.number(),
  /** Over the whole validation split, under the shared parameters; of images one, of text the other. */
  validAccuracy: z.number().optional(),
  validPerplexity: z.number().optional(),
  /** Of a model that reads no context, for comparison. */
  unigramValidPerplexity: z.number().optional(),
});

export type Best = z.infer<typeof bestSchema>;

/**
 * Reads a `best.json`.
 * @throws EnasTorchError ERR_RUN when there is none or it is damaged
 */
export function readBest(file: string): Best & BestArch {
  const value = readJsonFile(file, 'ERR_RUN');
  return read(bestSchema, value, inFile(file), 'ERR_RUN') as Best & BestArch;
}
