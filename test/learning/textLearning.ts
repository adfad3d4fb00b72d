import { assembleText } from '../../src/data/text/assemble.ts';
import type { TextDataset } from '../../src/data/text/dataset.ts';
import type { Network, Position } from '../../src/learning/learner.ts';
import { TextLearner, type TextLearnerOptions } from '../../src/learning/text.ts';
import { Streams } from '../../src/random/streams.ts';
import type * as torch from '../../src/torch/index.ts';
import { cell, hidden } from './recurrentNetwork.ts';

export const words = ['<eos>', 'a', 'b', 'c', 'd', 'e'];

/** Every word follows from the one before and the one before that, with some noise. */
export function text(tokens: { train?: number; valid?: number; test?: number } = {}): TextDataset {
  const { train = 300, valid = 131, test = 67 } = tokens;
  const split = (name: string, length: number) => {
    const draw = new Streams(0).draw(name);
    const ids = [0, 1];
    while (ids.length < length) {
      const noise = draw.uniform() < 0.2 ? draw.integer(0, 6) : 0;
      ids.push((ids.at(-1)! + 2 * ids.at(-2)! + 1 + noise) % 6);
    }
    return Int32Array.from(ids);
  };
  const raw = { name: 'toy', notes: [], words };
  return assembleText(
    {
      ...raw,
      train: split('train', train),
      valid: split('valid', valid),
      test: split('test', test),
    },
    { device: 'cpu', trainLimit: null, vocabularyLimit: null },
  );
}

export const dataset = text();
export const eos = ({ vocabulary }: TextDataset) => vocabulary.indexOf('<eos>');
const defaults: TextLearnerOptions = {
  streams: new Streams(3),
  device: 'cpu',
  batch: 4,
  rewardBatch: 3,
  rewardScale: 80,
  bptt: 7,
  bpttJitter: false,
  activationReg: 0,
  temporalActivationReg: 0,
  stream: 'omega',
  states: { h: [hidden] },
};
export const learnerOf = (own: Partial<TextLearnerOptions> = {}, data = dataset) =>
  new TextLearner(data, { ...defaults, ...own });
export const at = (index: number, epoch = 1): Position => ({
  epoch,
  index,
  step: index,
  progress: 0,
});
export const tokensOf = (tensor: torch.Tensor) => Array.from(tensor.toTypedArray(), Number);
export const plain = cell(words.length);

/** The cell in JavaScript, in double precision, a token at a time. */
export function reference({ lookup }: Network) {
  const rows = (name: string) => lookup(name).tolist() as number[][];
  const [table, wc, wh, head] = ['embedding/weight', 'gates/c', 'gates/h', 'head/weight'].map(rows);
  const bias = lookup('head/bias').tolist() as number[];
  const dot = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  return (token: number, h: number[]) => {
    const x = [...table![token]!, ...h];
    const next = wc!.map((row, i) => Math.tanh(dot(wh![i]!, x)) / (1 + Math.exp(-dot(row, x))));
    const logits = head!.map((row, i) => dot(row, next) + bias[i]!);
    const total = logits.reduce((sum, z) => sum + Math.exp(z), 0);
    return { next, nats: logits.map((z) => Math.log(total) - z) };
  };
}
