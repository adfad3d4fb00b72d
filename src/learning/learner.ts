import type { Graph } from '../graph/graph.ts';
import type { RecordedSegments } from '../graph/segments/recordedSegments.ts';
import type { Task } from '../spaces/space.ts';
import type { Tensor } from '../torch/index.ts';
import type { ActivationDType } from './precision.ts';

/** A network that can be run: what it is, and where its parameters are. */
export interface Network {
  readonly graph: Graph;
  /** The tensor of a parameter or buffer. */
  readonly lookup: (name: string) => Tensor;
  /** What its activations are computed in; its parameters and gradients are float32. */
  readonly dtype: ActivationDType;
  /**
   * What runs its segments by recordings; a learner may do without. Every network that has it names the
   * same tensors by the same names.
   */
  readonly segments?: RecordedSegments;
}

/** The network to be run on minibatch `index`, from 0. */
export type NetworkAt = (index: number) => Network;

/** A network to be scored, and the validation minibatch, from 0, to score it on. */
export interface Judged {
  readonly network: Network;
  readonly index: number;
}

/** Where a training step stands. */
export interface Position {
  /** From 1. */
  readonly epoch: number;
  /** Step within the epoch, from 0. */
  readonly index: number;
  /** Steps before this one since the start of the run: what its random draws are a function of. */
  readonly step: number;
  /** Share of all the training's steps that are done, 0 to 1; what drop-path ramps by. */
  readonly progress: number;
}

/** How good a network is, by the name of what was measured: of images accuracy, of text perplexity. */
export type Score = { readonly accuracy: number } | { readonly perplexity: number };

/** What is known of a training step before it is done. */
export interface StepSize {
  /** Images or tokens in the minibatch. */
  readonly count: number;
  /** The learning rate is to be multiplied by this: 1, save for text in pieces of varying length. */
  readonly lrScale: number;
}

/** What one training step came to. */
export interface Learned extends StepSize {
  /** What was minimised, averaged over the networks. */
  readonly loss: number;
  /** Of the training minibatch, averaged over the networks. */
  readonly score: Score;
}

/** A training step given to the device. */
export interface Launched extends StepSize {
  /** Waits for the step, and for nothing that was launched after it. */
  read(): Learned;
  /** Gives up what is kept for reading it; where it was read, nothing. */
  drop(): void;
}

/** A step's data by name: tensors whose shapes are the same for nearly all steps. */
export type Minibatch = Readonly<Record<string, Tensor>>;

/** What a step draws and ramps by. */
export interface StepDraws {
  /** The seed of what a node draws. */
  readonly seed: (node: string) => number;
  /** As of {@link Position}. */
  readonly progress: number;
}

/**
 * How networks for one kind of task are fed and judged: all that the ω phase, the θ phase, deriving
 * and training from scratch need to know of images or of text. One file of this folder for each kind.
 */
export interface Learner {
  readonly task: Task;
  /** What {@link Learned.count} counts. */
  readonly unit: 'images' | 'tokens';
  /** Name of the data set, for reports. */
  readonly data: string;
  /** A hash of what the data set holds, so that a run is not continued on another. */
  readonly fingerprint: string;
  /** Of text, the perplexity of a model that reads no context, by the training counts; else null. */
  readonly unigramPerplexity: { readonly valid: number; readonly test: number } | null;
  /** Steps in an epoch, from 1. */
  stepsIn(epoch: number): number;
  /**
   * Runs each network on one training minibatch and adds the gradients of their mean loss to the
   * parameters' gradients (equation 1 of Pham et al. 2018 for M networks).
   */
  learn(networks: readonly Network[], position: Position): Learned;
  /** {@link learn} without waiting for it. Not in a scope that ends before the step is read. */
  launch(networks: readonly Network[], position: Position): Launched;
  /** The data of a step; what the step before left for it is in place. */
  minibatch(position: Position): Minibatch;
  /**
   * Adds the gradients of a network's loss to the parameters' and leaves what the next step starts
   * from. Nothing is read on the host and nothing copied to the device, so that it can be captured.
   * @returns float32 [k]: the loss, and what else {@link learned} takes
   */
  gradients(network: Network, minibatch: Minibatch, draws: StepDraws): Tensor;
  size(minibatch: Minibatch): StepSize;
  /** What a step came to, out of what {@link gradients} gave. */
  learned(read: readonly number[], size: StepSize): Learned;
  /** The seed of what a node of network `m` draws at a step. */
  seed(node: string, step: number, m?: number): number;
  /**
   * The reward of each network: its score on one of an endless shuffled sequence of validation
   * minibatches, as a number that is better when larger.
   */
  rewards(judged: readonly Judged[], stream?: string): number[];
  /**
   * The score over a whole split: of one network, or with a network for each minibatch, which gives
   * the mean score of the networks for the price of one. It yields after every minibatch, because a
   * split can take minutes: see `paced.ts`.
   */
  evaluate(network: Network | NetworkAt, split: 'valid' | 'test'): Generator<undefined, Score>;
  /** Tensors that one step leaves for the next, for a checkpoint to hold; none for images. */
  carried(): Readonly<Record<string, Tensor>>;
}
