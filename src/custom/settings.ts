import { z } from 'zod';

const count = z.int().positive();
const positive = z.number().positive();

/** How the controller searches a custom space; every key has a default. */
export const spaceSettingsSchema = z.strictObject({
  samples: count.default(300).describe('architectures to be scored'),
  remember: z
    .boolean()
    .default(true)
    .describe('scores no architecture twice; false draws and scores again what is likely'),
  batch: count.default(4).describe('architectures averaged in one update of the controller'),
  seed: z.int().nonnegative().default(1).describe('of every random draw'),
  concurrency: count
    .default(1)
    .describe('rewards asked for at a time, of one update, so at most `batch`'),
  units: count.default(32).describe('LSTM hidden units'),
  lr: positive.default(0.03).describe("Adam's learning rate"),
  entropyWeight: z.number().nonnegative().default(0).describe('weight of the entropy bonus'),
  baselineDecay: z
    .number()
    .min(0)
    .max(1)
    .default(0.9)
    .describe('b ← b − (1−decay)(b − R), R the share of rewards so far that one beats'),
  temperature: positive.default(5).describe('logits = c·tanh(logits / temperature)'),
  tanhConstant: z.number().nonnegative().default(2.5).describe('that c; 0 = no tanh'),
});

export type SpaceSettings = z.infer<typeof spaceSettingsSchema>;
