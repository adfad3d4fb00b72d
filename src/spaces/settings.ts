import { z } from 'zod';

const positive = z.number().positive();
const count = z.int().positive();
const fraction = z.number().min(0).max(1);
const nonnegative = z.number().nonnegative();

/** Cosine annealing with warm restarts (Loshchilov & Hutter 2017), by the epoch. */
const cosineSchema = z.strictObject({
  schedule: z.literal('cosine'),
  max: positive.describe('learning rate at the start of a period'),
  min: nonnegative.describe('learning rate at the end of a period'),
  period: count.describe('epochs of the first period, T0'),
  periodFactor: count.describe('each period is this many times as long as the one before, Tmul'),
});

/** A constant rate, then a factor an epoch. */
const exponentialSchema = z.strictObject({
  schedule: z.literal('exponential'),
  initial: positive.describe('learning rate up to and with epoch `after`'),
  decay: positive.max(1).describe('factor of every later epoch'),
  after: z.int().nonnegative().describe('epochs before the first decay'),
});

/** How the learning rate goes over the epochs. */
export const learningRateSchema = z.discriminatedUnion('schedule', [
  cosineSchema,
  exponentialSchema,
]);

/** SGD: what a search's ω phase and a training from scratch have in common. */
const sgdShape = {
  batch: count.describe('training images, or texts read side by side, a step'),
  lr: learningRateSchema,
  momentum: fraction.describe('Nesterov momentum; 0 = none'),
  weightDecay: nonnegative.describe(
    "weight decay in PyTorch's sense: wd·w is added to the gradient",
  ),
  clipNorm: nonnegative.describe('clip the global gradient norm to this; 0 = never'),
};

/** How the shared parameters ω are trained (the ω phase). */
export const omegaSchema = z.strictObject({
  ...sgdShape,
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
  rewardBatch: count.describe(
    'validation images, or texts side by side, that score one architecture',
  ),
  rewardScale: positive.describe('c of the reward c·accuracy or c/perplexity'),
  lr: positive,
  beta1: fraction,
  beta2: fraction,
  epsilon: positive,
  entropyWeight: nonnegative.describe('weight of the entropy bonus'),
  baselineDecay: fraction.describe('b ← b − (1−decay)(b − R)'),
  tanhConstant: nonnegative.describe('logits = c·tanh(logits / temperature); 0 = none'),
  opTanhReduce: positive.describe("operators' logits have c divided by this"),
  temperature: positive,
  skipTarget: fraction.describe('ρ: the skip rate that the KL term pulls to (macro)'),
  skipWeight: nonnegative.describe('weight of the KL term (macro)'),
  clipNorm: nonnegative.describe('clip the global gradient norm to this; 0 = never'),
});

/** What becomes of a run in which a number is not finite. */
const recoverySchema = z.strictObject({
  attempts: z
    .int()
    .nonnegative()
    .describe('times a run goes back to its last checkpoint after a number that is not finite'),
  lrFactor: positive
    .max(1)
    .describe("what the learning rate (of a search: ω's) is multiplied by each time"),
});

/** Everything a search needs to know besides the space's own options and the data. */
export const searchSettingsSchema = z.strictObject({
  epochs: count,
  omega: omegaSchema,
  theta: thetaSchema,
  derive: z.strictObject({
    samples: count.describe('architectures sampled to derive the best one'),
  }),
  recovery: recoverySchema,
});

/** How a network for images is trained from scratch. */
const imageTrainSchema = z.strictObject({
  epochs: count,
  ...sgdShape,
  cutout: z.int().nonnegative().describe('side of the square cut out of each image; 0 = none'),
  auxiliaryWeight: nonnegative.describe('weight of the auxiliary head, where the network has one'),
  holdOut: z
    .boolean()
    .describe(
      'keep the validation split out and keep the epoch that is best on it; false = train on it too and keep the last epoch',
    ),
  recovery: recoverySchema,
});

/** How a network for text is trained from scratch. */
const textTrainSchema = z.strictObject({
  epochs: count,
  ...sgdShape,
  activationReg: nonnegative.describe('α: weight of the mean squared output of the last layer'),
  temporalActivationReg: nonnegative.describe(
    'β: weight of the mean squared change of that output from step to step',
  ),
  averageFrom: z
    .int()
    .nonnegative()
    .describe(
      'validate and keep the mean of the parameters over all steps from this epoch on; 0 = never',
    ),
  recovery: recoverySchema,
});

/** Settings of a training from scratch, by the kind of task. */
export const trainSettingsSchemas = { images: imageTrainSchema, text: textTrainSchema } as const;

const dataShape = {
  spec: z.string().describe('builtin, cifar10:<folder>, images:<folder> or text:<folder>'),
  trainLimit: count
    .nullable()
    .describe('use so many training images, or tokens of the training text; null = all'),
};

/** What is learned from, by the kind of task. */
export const dataSettingsSchemas = {
  images: z.strictObject(dataShape),
  text: z.strictObject({
    ...dataShape,
    vocabularyLimit: z
      .int()
      .min(2)
      .nullable()
      .describe('keep the most frequent so many words, the rest is <unk>; null = all'),
    bptt: count.describe('time steps that gradients go back through'),
    bpttJitter: z
      .boolean()
      .describe('draw each length round bptt, and scale the learning rate by length / bptt'),
  }),
} as const;

export type LearningRate = z.infer<typeof learningRateSchema>;
export type OmegaSettings = z.infer<typeof omegaSchema>;
export type ThetaSettings = z.infer<typeof thetaSchema>;
export type RecoverySettings = z.infer<typeof recoverySchema>;
export type SearchSettings = z.infer<typeof searchSettingsSchema>;
export type ImageTrainSettings = z.infer<typeof imageTrainSchema>;
export type TextTrainSettings = z.infer<typeof textTrainSchema>;
export type TrainSettings = ImageTrainSettings | TextTrainSettings;
export type ImageDataSettings = z.infer<(typeof dataSettingsSchemas)['images']>;
export type TextDataSettings = z.infer<(typeof dataSettingsSchemas)['text']>;
export type DataSettings = ImageDataSettings | TextDataSettings;
