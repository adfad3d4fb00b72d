import { EnasTorchError } from '../../errors/error.ts';
import type { Streams } from '../../random/streams.ts';
import type { Tensor } from '../../torch/index.ts';
import * as torch from '../../torch/index.ts';
import type { TextDataset } from './dataset.ts';
import { cutIntoPieces, type Piece } from './pieces.ts';
import { endOfSentence } from './words.ts';

/** A piece of time of texts side by side. */
export interface TextBatch {
  /** int64 [T, N]: tokens to read */
  readonly inputs: Tensor;
  /** int64 [T, N]: the token that follows each */
  readonly targets: Tensor;
}

/** One pass over a split in consecutive pieces, any of which can be made at any time. */
export interface TextPass {
  /** Texts side by side. */
  readonly columns: number;
  readonly pieces: readonly Piece[];
  /** Makes piece `index`, from 0. Its tensors belong to the caller's scope. */
  at(index: number): TextBatch;
}

/** How a text is laid out. */
export interface Layout {
  /** Texts side by side. */
  readonly columns: number;
  /** Time steps of a piece. */
  readonly bptt: number;
}

/** Fewer tokens in a column make no piece: two steps need three. */
const leastTokens = 3;

/**
 * A text laid out for truncated back-propagation through time: N columns of ⌊T/N⌋ tokens each, the
 * first column the beginning of the text, read from top to bottom in pieces. What does not fill the
 * columns, at most N − 1 tokens of the text's end, is left out.
 */
export class TextBatches {
  readonly #dataset: TextDataset;
  readonly #streams: Streams;

  constructor(dataset: TextDataset, streams: Streams) {
    this.#dataset = dataset;
    this.#streams = streams;
  }

  /**
   * One epoch of the training text. A state carried from piece to piece goes on where it stopped.
   *
   * @param epoch from 1; with `jitter` what the pieces' lengths are drawn by
   * @throws EnasTorchError ERR_DATA when the text is too short for two steps in each column
   */
  train(
    epoch: number,
    { columns, bptt, jitter = false }: Layout & { readonly jitter?: boolean },
  ): TextPass {
    const { name, train } = this.#dataset;
    if (train.numel() < leastTokens * columns) {
      throw new EnasTorchError(
        'ERR_DATA',
        `${name}: expected at least ${leastTokens} training tokens for each of ${columns} columns, ` +
          `got ${train.numel()}; use a smaller --batch or a larger --train-limit`,
      );
    }
    const draw = jitter ? this.#streams.draw('data/bptt', epoch) : undefined;
    const pieces = cutIntoPieces(stepsOf(train, columns), bptt, draw);
    return passOver(train, columns, pieces);
  }

  /**
   * A whole split once, in columns; the first token of each is not predicted.
   * Where the split is too short for so many columns it has fewer.
   */
  all(split: 'valid' | 'test', layout: Layout): TextPass {
    const columns = this.#columnsOf(split, layout);
    const tokens = this.#dataset[split];
    return passOver(tokens, columns, cutIntoPieces(stepsOf(tokens, columns), layout.bptt));
  }

  /**
   * A whole split as one text, every token of it predicted, the first from `<eos>`.
   *
   * @param length time steps of a piece, which have no bearing on what is predicted from what
   * @throws EnasTorchError ERR_DATA when the vocabulary has no `<eos>`
   */
  whole(split: 'valid' | 'test', length: number): TextPass {
    const tokens = this.#dataset[split];
    const total = tokens.numel();
    const pieces = Array.from({ length: Math.ceil(total / length) }, (_, i) => ({
      start: i * length,
      length: Math.min(length, total - i * length),
    }));
    const first = this.#dataset.vocabulary.indexOf(endOfSentence);
    if (first === -1) {
      throw new EnasTorchError(
        'ERR_DATA',
        `${this.#dataset.name}: expected ${endOfSentence} in the vocabulary, got none; ` +
          'the first token of a split is predicted from it',
      );
    }
    return { columns: 1, pieces, at: (index) => pieceOfWhole(tokens, first, pieces[index]!) };
  }

  /**
   * Minibatch `index`, from 0, of an endless shuffled sequence of validation text, a pass of one
   * piece: the pieces of `bptt` steps that the columns are cut into, in a new order again and again.
   * Where the split is too short for so many columns or steps it has fewer.
   */
  reward(index: number, layout: Layout, stream = 'data/reward'): TextPass {
    const columns = this.#columnsOf('valid', layout);
    const { valid } = this.#dataset;
    const steps = stepsOf(valid, columns);
    const length = Math.min(layout.bptt, steps);
    const perPass = Math.floor(steps / length);
    const seed = this.#streams.key(stream, Math.floor(index / perPass));
    const place = torch.scope(() =>
      torch
        .randperm(perPass, { seed })
        .select(0, index % perPass)
        .item(),
    );
    return passOver(valid, columns, [{ start: place * length, length }]);
  }

  #columnsOf(split: 'valid' | 'test', { columns }: Layout): number {
    const tokens = this.#dataset[split].numel();
    if (tokens >= leastTokens) return Math.min(columns, Math.floor(tokens / leastTokens));
    throw new EnasTorchError(
      'ERR_DATA',
      `${this.#dataset.name}: expected at least ${leastTokens} tokens of ${split} text, got ${tokens}; ` +
        'give a longer text',
    );
  }
}

/** Predictions in each column. */
function stepsOf(tokens: Tensor, columns: number): number {
  return Math.floor(tokens.numel() / columns) - 1;
}

function passOver(tokens: Tensor, columns: number, pieces: readonly Piece[]): TextPass {
  return { columns, pieces, at: (index) => pieceOf(tokens, columns, pieces[index]!) };
}

function pieceOf(tokens: Tensor, columns: number, { start, length }: Piece): TextBatch {
  return torch.scope(() => {
    const height = Math.floor(tokens.numel() / columns);
    const layout = tokens
      .narrow(0, 0, columns * height)
      .view([columns, height])
      .transpose(0, 1);
    return {
      inputs: layout.narrow(0, start, length).contiguous(),
      targets: layout.narrow(0, start + 1, length).contiguous(),
    };
  });
}

/** @param first the token that the first one is predicted from */
function pieceOfWhole(tokens: Tensor, first: number, { start, length }: Piece): TextBatch {
  return torch.scope(() => {
    const options = { dtype: 'int64', device: tokens.device } as const;
    const inputs =
      start === 0
        ? torch.cat([torch.full([1], first, options), tokens.narrow(0, 0, length - 1)])
        : tokens.narrow(0, start - 1, length);
    return { inputs: inputs.unsqueeze(1), targets: tokens.narrow(0, start, length).unsqueeze(1) };
  });
}
