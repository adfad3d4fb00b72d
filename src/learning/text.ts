import { type TextBatch, TextBatches, type TextPass } from '../data/text/batches.ts';
import { type TextDataset, task as taskOf } from '../data/text/dataset.ts';
import type { Shape } from '../graph/shape.ts';
import type { Streams } from '../random/streams.ts';
import type { TextTask } from '../spaces/space.ts';
import type { Device, Tensor } from '../torch/index.ts';
import * as torch from '../torch/index.ts';
import { launched } from './launched.ts';
import type {
  Judged,
  Launched,
  Learned,
  Learner,
  Minibatch,
  Network,
  NetworkAt,
  Position,
  StepDraws,
  StepSize,
} from './learner.ts';
import { drained } from './paced.ts';
import { crossEntropies, perplexity, perplexityOf } from './perplexity.ts';
import { type NamedStates, zeroStates } from './states.ts';
import { textLoss } from './textLoss.ts';

/** Logits that are made at once where a text is read as one, which is any number of steps at once. */
const logitsAtOnce = 2 ** 22;

export interface TextLearnerOptions {
  readonly streams: Streams;
  /** Where the networks' parameters are. */
  readonly device: Device;
  /** Texts side by side in a training step. */
  readonly batch: number;
  /** Texts side by side in a minibatch that scores a network. */
  readonly rewardBatch: number;
  /** c of the reward c/perplexity. */
  readonly rewardScale: number;
  /** Time steps that gradients go back through. */
  readonly bptt: number;
  /** Draw the lengths of an epoch's pieces round `bptt`; the rate is then to be scaled with them. */
  readonly bpttJitter: boolean;
  /** α: weight of the mean square of the output `hidden`. */
  readonly activationReg: number;
  /** β: weight of the mean square of its change from step to step. */
  readonly temporalActivationReg: number;
  /** Dropout is drawn from the streams `<stream>/dropout/…`. */
  readonly stream: string;
  /** Shapes of the networks' states by name, without the batch. */
  readonly states: Readonly<Record<string, Shape>>;
}

type TextMinibatch = TextBatch & Minibatch;

/**
 * Predicting the next token by truncated back-propagation through time: cross-entropy to learn by,
 * perplexity to be judged by. The state that a step ends with is the next one's start, without
 * gradient; an epoch begins with zeros.
 */
export class TextLearner implements Learner {
  readonly task: TextTask;
  readonly unit = 'tokens';
  readonly data: string;
  readonly fingerprint: string;
  readonly unigramPerplexity: { readonly valid: number; readonly test: number };
  readonly #batches: TextBatches;
  readonly #options: TextLearnerOptions;
  readonly #carried: NamedStates;
  #epoch: { readonly number: number; readonly pass: TextPass } | undefined;

  constructor(dataset: TextDataset, options: TextLearnerOptions) {
    this.task = taskOf(dataset);
    this.data = dataset.name;
    this.fingerprint = dataset.fingerprint;
    this.unigramPerplexity = dataset.unigramPerplexity;
    this.#batches = new TextBatches(dataset, options.streams);
    this.#options = options;
    this.#carried = zeroStates(options.states, options.batch, options.device);
  }

  stepsIn(epoch: number): number {
    return this.#pass(epoch).pieces.length;
  }

  /** Of several networks each starts from the same state, and the last one's is carried on. */
  learn(networks: readonly Network[], position: Position): Learned {
    return this.launch(networks, position).read();
  }

  launch(networks: readonly Network[], position: Position): Launched {
    const { figures, size } = torch.scope(() => {
      const batch = this.minibatch(position);
      const { step, progress } = position;
      let last: NamedStates = {};
      const losses = networks.map((network, m) => {
        const draws = { progress, seed: (node: string) => this.seed(node, step, m) };
        const { loss, states } = this.#backward(network, batch, draws, networks.length);
        last = states;
        return loss;
      });
      this.#carry(last);
      return { figures: torch.stack(losses).mean().reshape([1]), size: this.size(batch) };
    });
    return launched(figures, size, this.learned);
  }

  minibatch(position: Position): TextMinibatch {
    if (position.index === 0) for (const state of Object.values(this.#carried)) state.zero_();
    return { ...this.#pass(position.epoch).at(position.index) };
  }

  gradients(network: Network, minibatch: TextMinibatch, draws: StepDraws): Tensor {
    return torch.scope(() => {
      const { loss, states } = this.#backward(network, minibatch, draws, 1);
      this.#carry(states);
      return loss.reshape([1]);
    });
  }

  size({ inputs, targets }: TextMinibatch): StepSize {
    const { bptt, bpttJitter } = this.#options;
    const [steps] = inputs.shape as [number];
    return { count: targets.numel(), lrScale: bpttJitter ? steps / bptt : 1 };
  }

  learned([loss]: readonly number[], size: StepSize): Learned {
    return { loss: loss!, score: { perplexity: Math.exp(loss!) }, ...size };
  }

  seed(node: string, step: number, m = 0): number {
    const { streams, stream } = this.#options;
    return streams.key(`${stream}/dropout/${m}/${node}`, step);
  }

  rewards(judged: readonly Judged[], stream?: string): number[] {
    const { rewardBatch, rewardScale, bptt } = this.#options;
    const passes = judged.map(({ index }) =>
      this.#batches.reward(index, { columns: rewardBatch, bptt }, stream),
    );
    // All are read at once: on a GPU every read waits for what was launched before.
    const read = torch.scope(() => {
      const sums = judged.map(({ network }, i) =>
        drained(crossEntropies(network, passes[i]!, this.#options)),
      );
      return torch.cat(sums, 0).tolist() as number[];
    });
    let from = 0;
    return passes.map((pass) => {
      const nats = read.slice(from, from + pass.pieces.length);
      from += nats.length;
      return rewardScale / perplexityOf(nats, pass);
    });
  }

  /**
   * The exact per-token perplexity: the split as one text, read from its beginning with the state
   * carried, its first token predicted from `<eos>`. It depends on no batch size.
   *
   * What a network computes whose batch norms use the minibatch's own statistics (a search's child)
   * depends on what it reads at once: it is given what it learned from, `rewardBatch` columns of the
   * split in pieces of `bptt` steps, the state carried from piece to piece. What does not fill the
   * columns, and the first token of each, is then not predicted.
   */
  *evaluate(
    network: Network | NetworkAt,
    split: 'valid' | 'test',
  ): Generator<undefined, { perplexity: number }> {
    const { rewardBatch: columns, bptt } = this.#options;
    const { graph } = typeof network === 'function' ? network(0) : network;
    const byBatch = graph.nodes.some(
      ({ op, attrs }) => op === 'batchNorm' && attrs.statistics === 'batch',
    );
    const pass = byBatch
      ? this.#batches.all(split, { columns, bptt })
      : this.#batches.whole(split, stepsAtOnce(this.task));
    return { perplexity: yield* perplexity(network, pass, this.#options) };
  }

  /** The states that the next step of an epoch starts from; copying into them restores them. */
  carried(): NamedStates {
    return this.#carried;
  }

  #pass(epoch: number): TextPass {
    if (this.#epoch?.number !== epoch) {
      const { batch: columns, bptt, bpttJitter: jitter } = this.#options;
      const pass = this.#batches.train(epoch, { columns, bptt, jitter });
      this.#epoch = { number: epoch, pass };
    }
    return this.#epoch!.pass;
  }

  #backward(
    { graph, lookup, dtype }: Network,
    batch: TextBatch,
    { seed, progress }: StepDraws,
    share: number,
  ): { loss: Tensor; states: NamedStates } {
    const { activationReg, temporalActivationReg } = this.#options;
    const regularised = activationReg > 0 || temporalActivationReg > 0;
    return torch.scope(() => {
      const { loss, hidden, states } = textLoss(graph, batch, this.#carried, {
        lookup,
        dtype,
        training: true,
        progress,
        seed,
        reduction: 'mean',
        hidden: regularised,
      });
      const penalised = hidden ? loss.add(this.#penalty(hidden.to({ dtype: 'float32' }))) : loss;
      penalised.div(share).backward();
      return { loss: loss.detach(), states };
    });
  }

  #carry(states: NamedStates): void {
    torch.noGrad(() => {
      for (const [name, state] of Object.entries(states)) this.#carried[name]!.copy_(state);
    });
  }

  /** α·mean(h²) + β·mean((h_{t+1} − h_t)²) (Merity et al. 2018, section 4.5), h [T, N, H]. */
  #penalty(hidden: Tensor): Tensor {
    const { activationReg, temporalActivationReg } = this.#options;
    const activation = hidden.square().mean().mul(activationReg);
    const steps = hidden.shape[0]!;
    if (temporalActivationReg === 0 || steps === 1) return activation;
    const change = hidden.narrow(0, 1, steps - 1).sub(hidden.narrow(0, 0, steps - 1));
    return activation.add(change.square().mean(), { alpha: temporalActivationReg });
  }
}

function stepsAtOnce({ vocabulary }: TextTask): number {
  return Math.max(1, Math.min(512, Math.floor(logitsAtOnce / vocabulary)));
}
