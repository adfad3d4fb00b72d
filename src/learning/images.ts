import { Batches, type ImageBatch } from '../data/batches.ts';
import { type ImageDataset, task as taskOf } from '../data/dataset.ts';
import { execute } from '../graph/execute.ts';
import { forEvaluation } from '../graph/forEvaluation.ts';
import { evaluated } from '../graph/passes/evaluated.ts';
import { fused } from '../graph/passes/fused.ts';
import { mergeGraphs } from '../graph/passes/mergeGraphs.ts';
import { evaluateInSegments } from '../graph/segments/evaluate.ts';
import { runInSegments, runWhole } from '../graph/segments/run.ts';
import type { Streams } from '../random/streams.ts';
import type { ImageTask } from '../spaces/space.ts';
import type { Tensor } from '../torch/index.ts';
import * as torch from '../torch/index.ts';
import { functional as F } from '../torch/index.ts';
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

export interface ImageLearnerOptions {
  readonly streams: Streams;
  /** Images in a training minibatch. */
  readonly batch: number;
  /** Images in a minibatch that scores a network. */
  readonly rewardBatch: number;
  /** c of the reward c·accuracy. */
  readonly rewardScale: number;
  /** Side of the CutOut square; 0 = none. */
  readonly cutout: number;
  /** Weight of the loss of the output `auxiliary`, where a network has one. */
  readonly auxiliaryWeight: number;
  /** Dropout is drawn from the streams `<stream>/dropout/…`. */
  readonly stream: string;
}

type ImageMinibatch = ImageBatch & Minibatch;

/** Classifying images: cross-entropy to learn by, accuracy to be judged by. */
export class ImageLearner implements Learner {
  readonly task: ImageTask;
  readonly unit = 'images';
  readonly data: string;
  readonly fingerprint: string;
  readonly unigramPerplexity = null;
  readonly #batches: Batches;
  readonly #options: ImageLearnerOptions;

  constructor(dataset: ImageDataset, options: ImageLearnerOptions) {
    this.task = taskOf(dataset);
    this.data = dataset.name;
    this.fingerprint = dataset.fingerprint;
    this.#batches = new Batches(dataset, options.streams);
    this.#options = options;
  }

  stepsIn(epoch: number): number {
    return this.#train(epoch).count;
  }

  learn(networks: readonly Network[], position: Position): Learned {
    return this.launch(networks, position).read();
  }

  launch(networks: readonly Network[], position: Position): Launched {
    const { figures, size } = torch.scope(() => {
      const batch = this.minibatch(position);
      const { step, progress } = position;
      const reads = networks.map((network, m) => {
        const draws = { progress, seed: (node: string) => this.seed(node, step, m) };
        return this.gradients(network, batch, draws, networks.length);
      });
      return { figures: torch.stack(reads).mean(0), size: this.size(batch) };
    });
    return launched(figures, size, this.learned);
  }

  minibatch(position: Position): ImageMinibatch {
    return { ...this.#train(position.epoch).at(position.index) };
  }

  size({ labels }: ImageMinibatch): StepSize {
    return { count: labels.numel(), lrScale: 1 };
  }

  learned([loss, accuracy]: readonly number[], size: StepSize): Learned {
    return { loss: loss!, score: { accuracy: accuracy! }, ...size };
  }

  seed(node: string, step: number, m = 0): number {
    const { streams, stream } = this.#options;
    return streams.key(`${stream}/dropout/${m}/${node}`, step);
  }

  /** @param share networks that the loss is the mean over */
  gradients(
    { graph, lookup, dtype, segments }: Network,
    { images, labels }: ImageMinibatch,
    { seed, progress }: StepDraws,
    share = 1,
  ): Tensor {
    const { auxiliaryWeight } = this.#options;
    return torch.scope(() => {
      const options = { lookup, dtype, training: true, progress, seed };
      const run =
        segments === undefined
          ? runWhole(fused(graph), images, options)
          : runInSegments(fused(graph), images, options, segments.training);
      const { logits, auxiliary } = run.outputs;
      const loss = F.crossEntropy(logits!, labels);
      const total =
        auxiliary === undefined || auxiliaryWeight === 0
          ? loss
          : loss.add(F.crossEntropy(auxiliary, labels), { alpha: auxiliaryWeight });
      run.backward(total.div(share));
      const hits = logits!.argmax(1).eq(labels).to({ dtype: 'float32' });
      return torch.stack([loss.detach(), hits.mean()]);
    });
  }

  /**
   * What networks on one minibatch have in common is computed once. All are read at once: on a GPU
   * every read waits for what was launched before.
   */
  rewards(judged: readonly Judged[], stream?: string): number[] {
    const { rewardBatch, rewardScale } = this.#options;
    return torch.scope(() => {
      const counts = runsOf(judged).flatMap(({ networks, index }) =>
        torch.scope(() => correctOf(networks, this.#batches.reward(index, rewardBatch, stream))),
      );
      const images = this.#batches.rewardSize(rewardBatch);
      return numbersOf(counts).map((count) => (rewardScale * count) / images);
    });
  }

  /** Over shuffled minibatches, because a batch norm may use the minibatch's own statistics. */
  *evaluate(
    network: Network | NetworkAt,
    split: 'valid' | 'test',
  ): Generator<undefined, { accuracy: number }> {
    const pass = this.#batches.shuffled(split, this.#options.rewardBatch);
    const one = typeof network === 'function' ? undefined : folded(network);
    const networkAt = typeof network === 'function' ? network : () => one!;
    let hits: Tensor | undefined;
    let images = 0;
    try {
      for (let i = 0; i < pass.count; i++) {
        const before = hits;
        hits = torch.scope(() => {
          const batch = pass.at(i);
          images += batch.labels.numel();
          const right = correct(networkAt(i), batch);
          return before === undefined ? right : right.add(before);
        });
        before?.dispose();
        yield;
      }
      // Read once: on a GPU every read waits for what was launched before.
      return { accuracy: hits!.item() / images };
    } finally {
      hits?.dispose();
      one?.dispose();
    }
  }

  carried(): Readonly<Record<string, Tensor>> {
    return {};
  }

  #train(epoch: number) {
    const { batch, cutout } = this.#options;
    return this.#batches.train(epoch, batch, { cutout });
  }
}

/**
 * A network for one pass over a split, to be disposed of. It has weights of its own, which no recording
 * knows, and therefore no segments.
 */
function folded(network: Network): Network & { dispose(): void } {
  const { dtype } = network;
  return { ...forEvaluation(network, ['logits']), dtype };
}

/**
 * How many images are classified rightly: float32, a scalar; NaN where a logit is not finite. The largest
 * of logits that are all NaN is the first, by which the share of the first class would be right.
 */
function rightOf(logits: Tensor, labels: Tensor): Tensor {
  return logits.argmax(1).eq(labels).sum().add(logits.sub(logits).sum());
}

/** {@link rightOf} of a network on a batch. */
function correct(network: Network, { images, labels }: ImageBatch): Tensor {
  const { graph, lookup, dtype, segments } = network;
  return torch.scope(() =>
    torch.noGrad(() => {
      const options = { lookup, dtype, training: false, outputs: ['logits'] };
      const { logits } =
        segments === undefined
          ? execute(evaluated(graph), images, options)
          : evaluateInSegments(evaluated(graph), images, options, segments.evaluation);
      return rightOf(logits!, labels);
    }),
  );
}

/** {@link correct} of several networks, each a scalar. */
function correctOf(networks: readonly Network[], batch: ImageBatch): Tensor[] {
  const [{ lookup, dtype }] = networks as [Network];
  const alike = networks.every((other) => other.lookup === lookup && other.dtype === dtype);
  if (networks.length === 1 || !alike) return networks.map((network) => correct(network, batch));
  return torch.scope(() =>
    torch.noGrad(() => {
      const merged = mergeGraphs(
        networks.map(({ graph }) => graph),
        ['logits'],
      );
      const outputs = execute(evaluated(merged), batch.images, { lookup, dtype, training: false });
      return networks.map((_, i) => rightOf(outputs[`${i}/logits`]!, batch.labels));
    }),
  );
}

/** Networks that follow each other on one minibatch, together. */
function runsOf(judged: readonly Judged[]): { index: number; networks: Network[] }[] {
  const runs: { index: number; networks: Network[] }[] = [];
  for (const { network, index } of judged) {
    const last = runs.at(-1);
    if (last?.index === index) last.networks.push(network);
    else runs.push({ index, networks: [network] });
  }
  return runs;
}

/** Scalars, read at once. */
const numbersOf = (scalars: readonly Tensor[]) => torch.stack(scalars).tolist() as number[];
