import { z } from 'zod';
import { EnasTorchError } from '../errors/error.ts';
import { inFile, read } from '../errors/schema/read.ts';
import { parseConfig, type ResolvedConfig, resolvedConfigSchema } from './config.ts';
import { readJsonFile } from './configFile.ts';

const common = {
  version: z.literal(1),
  /** Of the run; `arch` in it is the network's architecture. */
  config: resolvedConfigSchema,
  /** Name of the data set that it was trained on. */
  data: z.string(),
};

const size = z.int().positive();

/**
 * What `model.json` of a run holds: with the parameters in `model.safetensors`, all that using the
 * network takes where the data set is not.
 */
const modelInfoSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('images'),
    ...common,
    channels: size,
    height: size,
    width: size,
    classes: z.array(z.string()).min(1),
    /** Of each channel, of values scaled to [0, 1]. */
    mean: z.array(z.number()),
    std: z.array(z.number()),
  }),
  z.strictObject({
    kind: z.literal('text'),
    ...common,
    /** The types; a token is an index into them. */
    vocabulary: z.array(z.string()).min(1),
  }),
]);

export type ModelInfo = z.infer<typeof modelInfoSchema>;

/**
 * Reads a `model.json`.
 * @throws EnasTorchError ERR_RUN when it is not complete or not correct
 */
export function readModelInfo(file: string): ModelInfo {
  const info = read(modelInfoSchema, readJsonFile(file, 'ERR_RUN'), inFile(file), 'ERR_RUN');
  const config: ResolvedConfig = parseConfig(info.config, `${file}: config`);
  if (config.arch === null) {
    throw new EnasTorchError(
      'ERR_RUN',
      `${file}: config.arch: expected an architecture, got nothing`,
    );
  }
  return { ...info, config };
}
