import { z } from 'zod';

const positive = z.number().positive();
const count = z.int().positive();
const fraction = z.number().min(0).max(1);

/** How the shared parameters ω are trained (the ω phase). */
export const omegaSchema = z.strictObject({
  batch: count.describe('training images a step'),
  lrMax: positive.describe('learning rate at the start of a cosine period'),
  lrMin: z.number().nonnegative().describe('learning rate at the end of a cosine period'),
  lrPeriod: count.describe('epochs of the first cosine period, T0 (Loshchilov & Hutter 2017)'),
  lrPeriodFactor: count.describe('each period is this many times as long as the one before, Tmul'),
  momentum: fraction.describe('Nesterov momentum'),
  weightDecay: z
    .number()
    .nonnegative()
    .describe("weight decay in PyTorch's sense: wd·w is added to the gradient"),
  clipNorm: z.number().nonnegative().describe('clip the global gradient norm to this; 0 = never'),
  archsPerStep: count.describe('architectures M averaged in one step (equation 1)'),
  denseUpdates: z
    .boolean()
    .describe('decay and momentum also move parameters the step did not touch'),
});

/** The controller and how it is trained (the θ phase). */
export const thetaSchema = z.strictObject({
  units: count.describe('LSTM hidden units'),
  steps: count.describe('controller updates an epoch'),
  aggregate: count.describe('architectures averaged in one update'),
  rewardBatch: count.describe('validation images that score one architecture'),
  lr: positive,
  beta1: fraction,
  beta2: fraction,
  epsilon: positive,
  entropyWeight: z.number().nonnegative().describe('weight of the entropy bonus'),
  baselineDecay: fraction.describe('b ← b − (1−decay)(b − R)'),
  tanhConstant: z
    .number()
    .nonnegative()
    .describe('logits = c·tanh(logits / temperature); 0 = none'),
  temperature: positive,
  skipTarget: fraction.describe('ρ: the skip rate that the KL term pulls to (macro)'),
  skipWeight: z.number().nonnegative().describe('weight of the KL term (macro)'),
  clipNorm: z.number().nonnegative().describe('clip the global gradient norm to this; 0 = never'),
});

/** Everything a search needs to know besides the space's own options and the data. */
export const searchSettingsSchema = z.strictObject({
  epochs: count,
  omega: omegaSchema,
  theta: thetaSchema,
  derive: z.strictObject({
    samples: count.describe('architectures sampled to derive the best one'),
  }),
});

export type OmegaSettings = z.infer<typeof omegaSchema>;
export type ThetaSettings = z.infer<typeof thetaSchema>;
export type SearchSettings = z.infer<typeof searchSettingsSchema>;
