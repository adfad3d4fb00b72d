import { EnasTorchError } from '../../errors/error.ts';
import type { Graph, GraphNode } from '../../graph/graph.ts';
import type { StepDraws } from '../../learning/learner.ts';
import type { Tensor } from '../../torch/index.ts';
import * as torch from '../../torch/index.ts';
import { functional as F } from '../../torch/index.ts';
import { emptyOf, type Layout, layoutOf } from '../../torch/layout.ts';

interface Mask {
  /** The stream that it is drawn from: the node's name, and perhaps a time step. */
  readonly stream: string;
  readonly node: GraphNode;
  /** Where it stands while steps are replayed. */
  readonly tensor: Tensor;
}

/**
 * The dropout masks of a step that is recorded: each in a tensor of its own that the recording reads,
 * and that is drawn anew before every replay, from the seed that the step would draw it from.
 */
export class RecordedMasks {
  readonly #nodes: ReadonlyMap<string, GraphNode>;
  readonly #masks = new Map<string, Mask>();
  #layouts: ReadonlyMap<string, Layout> = new Map();

  constructor(graph: Graph) {
    this.#nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  }

  /** Runs a step as ever and notes the masks it draws. */
  noted<T>(draws: StepDraws, step: (draws: StepDraws) => T): T {
    const noted = new Map<string, Layout>();
    const { streams, following } = namedSeeds(draws);
    const note = (input: Tensor, p: number, seed: number | undefined) => {
      const stream = streams.get(seed!)!;
      const rate = dropRate(this.#nodeOf(stream), draws.progress);
      if (p !== rate) throw mismatch(stream, `rate ${rate}`, `${p}`);
      noted.set(stream, layoutOf(input));
      return undefined;
    };
    const result = torch.withMasks(note, () => step(following));
    this.#layouts = noted;
    return result;
  }

  /** Makes a tensor for each mask noted. */
  allocate(): void {
    for (const [stream, layout] of this.#layouts) {
      this.#masks.set(stream, { stream, node: this.#nodeOf(stream), tensor: emptyOf(layout) });
    }
  }

  /** Runs a step that takes its masks from these tensors. */
  given(draws: StepDraws, step: (draws: StepDraws) => void): void {
    const { streams, following } = namedSeeds(draws);
    const give = (input: Tensor, _p: number, seed: number | undefined) => {
      const stream = streams.get(seed!)!;
      const mask = this.#masks.get(stream)?.tensor;
      if (mask === undefined) throw mismatch(stream, 'a mask noted before', 'none');
      if (String(mask.shape) !== String(input.shape)) {
        throw mismatch(stream, `shape [${mask.shape}]`, `[${input.shape}]`);
      }
      return mask;
    };
    torch.withMasks(give, () => step(following));
  }

  /** Draws every mask for a step. */
  draw({ seed, progress }: StepDraws): void {
    torch.scope(() =>
      torch.noGrad(() => {
        for (const { stream, node, tensor } of this.#masks.values()) {
          const ones = torch.emptyLike(tensor).fill_(1);
          tensor.copy_(F.dropout(ones, { p: dropRate(node, progress), seed: seed(stream) }));
        }
      }),
    );
  }

  dispose(): void {
    for (const { tensor } of this.#masks.values()) tensor.dispose();
    this.#masks.clear();
  }

  #nodeOf(stream: string): GraphNode {
    const node = this.#nodes.get(stream) ?? this.#nodes.get(stream.replace(/\/step\d+$/, ''));
    if (node === undefined) throw mismatch(stream, 'the stream of a node', 'another');
    return node;
  }
}

/** The probability that a node of a kind that drops does so. */
function dropRate({ op, attrs, name }: GraphNode, progress: number): number {
  if (op === 'dropout') return (attrs as { p: number }).p;
  if (op === 'dropPath') return (attrs as { p: number }).p * progress;
  throw mismatch(name, 'dropout or dropPath', op);
}

/** A step's draws, and the stream that each seed they gave is of. */
function namedSeeds({ seed, progress }: StepDraws) {
  const streams = new Map<number, string>();
  const following: StepDraws = {
    progress,
    seed: (stream) => {
      const value = seed(stream);
      streams.set(value, stream);
      return value;
    },
  };
  return { streams, following };
}

function mismatch(stream: string, expected: string, got: string): EnasTorchError {
  return new EnasTorchError(
    'ERR_TORCH',
    `${stream}: expected ${expected} while a step is recorded, got ${got}`,
  );
}
