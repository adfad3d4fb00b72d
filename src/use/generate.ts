import { endOfSentence } from '../data/text/words.ts';
import { checkInteger, unexpected } from '../errors/check.ts';
import { Streams } from '../random/streams.ts';
import type { Model, TextModel } from '../train/model.ts';
import { chooseToken, type Sampling } from './chooseToken.ts';
import { checkModelKind } from './modelKind.ts';
import { readPrompt } from './prompt.ts';
import { TextReader } from './textReader.ts';

export interface GenerateOptions {
  /** Text to go on with; by default none, and the network begins a sentence. */
  readonly prompt?: string;
  /** Words to generate. Default 100. */
  readonly tokens?: number;
  /** Logits are divided by it; 0 = always the most probable word. Default 1. */
  readonly temperature?: number;
  /** Choose among so many of the most probable words; all by default. */
  readonly topK?: number;
  /** Of the draws: the same seed gives the same words. Default 1. */
  readonly seed?: number;
}

/**
 * Words that a trained network goes on with after a prompt, each computed when it is asked for.
 * Before the prompt the network reads an `<eos>`: the prompt begins a sentence. A word of the prompt
 * that the vocabulary lacks is read as `<unk>`; see `readPrompt`.
 *
 * The states that are carried from word to word are released after the last one and when the
 * iteration is left early. The iteration must not outlive a `torch.scope` that it began in.
 *
 * @throws EnasTorchError ERR_ARGUMENT for a model for images and for options out of range; from the
 *   iteration ERR_RUN when the network's outputs are not finite
 */
export function generate(model: Model, options: GenerateOptions = {}): Generator<string> {
  checkModelKind('generate', model, 'text');
  const { prompt = '', tokens = 100, seed = 1 } = options;
  const { temperature = 1, topK = Number.POSITIVE_INFINITY } = options;
  checkInteger('generate: tokens', tokens, 1);
  checkInteger('generate: seed', seed, 0);
  if (topK !== Number.POSITIVE_INFINITY) checkInteger('generate: topK', topK, 1);
  if (!Number.isFinite(temperature) || temperature < 0) {
    throw unexpected('generate: temperature', 'a finite number of at least 0', temperature);
  }
  const read = [
    ...readPrompt(model.vocabulary, endOfSentence).tokens,
    ...readPrompt(model.vocabulary, prompt).tokens,
  ];
  return goOn(model, read, { tokens, seed, temperature, topK });
}

function* goOn(
  model: TextModel,
  prompt: readonly number[],
  { tokens, seed, ...sampling }: Sampling & { readonly tokens: number; readonly seed: number },
): Generator<string> {
  const streams = new Streams(seed);
  const reader = new TextReader(model);
  try {
    let logits: Float64Array = new Float64Array();
    for (const token of prompt) logits = reader.read(token);
    for (let i = 0; i < tokens; i++) {
      const token = chooseToken(logits, sampling, streams.draw('generate', i).uniform());
      yield model.vocabulary[token]!;
      if (i + 1 < tokens) logits = reader.read(token);
    }
  } finally {
    reader.dispose();
  }
}
