import { Batches, type ImageBatch } from '../data/batches.ts';
import { type ImageDataset, task as taskOf } from '../data/dataset.ts';
import { execute } from '../graph/execute.ts';
import { fused } from '../graph/passes/fused.ts';
import { mergeGraphs } from '../graph/passes/mergeGraphs.ts';
import type { Streams } from '../random/streams.ts';
import type { ImageTask } from '../spaces/space.ts';
import type { Tensor } from '../torch/index.ts';
import * as torch from '../torch/index.ts';
import { functional as F } from '../torch/index.ts';
import type { Judged, Learned, Learner, Network, NetworkAt, Position } from './learner.ts';

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
    return torch.scope(() => {
      const batch = this.#train(position.epoch).at(position.index);
      let loss = 0;
      let accuracy = 0;
      for (const [m, network] of networks.entries()) {
        const learned = this.#backward(network, batch, position, m, networks.length);
        loss += learned.loss / networks.length;
        accuracy += learned.accuracy / networks.length;
      }
      return { loss, score: { accuracy }, count: batch.labels.numel(), lrScale: 1 };
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
    let hits = 0;
    let images = 0;
    for (let i = 0; i < pass.count; i++) {
      torch.scope(() => {
        const batch = pass.at(i);
        hits += correct(typeof network === 'function' ? network(i) : network, batch).item();
        images += batch.labels.numel();
      });
      yield;
    }
    return { accuracy: hits / images };
  }

  carried(): Readonly<Record<string, Tensor>> {
    return {};
  }

  #train(epoch: number) {
    const { batch, cutout } = this.#options;
    return this.#batches.train(epoch, batch, { cutout });
  }

  #backward(
    { graph, lookup, dtype }: Network,
    { images, labels }: ImageBatch,
    { step, progress }: Position,
    m: number,
    share: number,
  ): { loss: number; accuracy: number } {
    const { streams, stream, auxiliaryWeight } = this.#options;
    return torch.scope(() => {
      const { logits, auxiliary } = execute(fused(graph), images, {
        lookup,
        dtype,
        training: true,
        progress,
        seed: (node) => streams.key(`${stream}/dropout/${m}/${node}`, step),
      });
      const loss = F.crossEntropy(logits!, labels);
      const total =
        auxiliary === undefined || auxiliaryWeight === 0
          ? loss
          : loss.add(F.crossEntropy(auxiliary, labels), { alpha: auxiliaryWeight });
      total.div(share).backward();
      const hits = logits!.argmax(1).eq(labels).to({ dtype: 'float32' });
      const [lossRead, accuracy] = numbersOf([loss.detach(), hits.mean()]) as [number, number];
      return { loss: lossRead, accuracy };
    });
  }
}

/** How many of a batch's images a network classifies rightly: int64, a scalar. */
function correct({ graph, lookup, dtype }: Network, { images, labels }: ImageBatch): Tensor {
  return torch.scope(() =>
    torch.noGrad(() => {
      const options = { lookup, dtype, training: false, outputs: ['logits'] };
      const { logits } = execute(fused(graph), images, options);
      return logits!.argmax(1).eq(labels).sum();
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
      const outputs = execute(fused(merged), batch.images, { lookup, dtype, training: false });
      return networks.map((_, i) => outputs[`${i}/logits`]!.argmax(1).eq(batch.labels).sum());
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
