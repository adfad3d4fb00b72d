import type { Graph, GraphNode, NodeId } from '../graph.ts';
import { onlyReader, readersOf, rewritten } from './rewritten.ts';

/** Parameters that stand for a convolution's and those of the batch norm after it. */
export interface Fold {
  readonly gamma: string;
  readonly beta: string;
  readonly runningMean: string;
  readonly runningVar: string;
  readonly eps: number;
  /** Weights to be scaled by the batch norm: output channels from `first` on. */
  readonly weights: readonly ScaledWeight[];
  /** Name of what is left of the batch norm. */
  readonly bias: string;
}

export interface ScaledWeight {
  readonly from: string;
  readonly to: string;
  readonly first: number;
}

/**
 * Takes a batch norm by running statistics into the convolution that it alone reads, for evaluation:
 * W·γ/√(σ²+ε) for its weight, β − μ·γ/√(σ²+ε) for a bias, and the batch norm's ReLU for its own. A
 * batch norm that adds a second input stays, and so does one after a depthwise convolution alone, whose
 * kernel has no bias.
 *
 * @returns the graph, in which the new parameters have names of their own that `parameters` does not
 *   list (a network does not own them), and how they are made: `forEvaluation.ts` makes them
 */
export function foldBatchNorm(graph: Graph): { graph: Graph; folds: readonly Fold[] } {
  const readers = readersOf(graph);
  const become = new Map<NodeId, GraphNode>();
  const folds: Fold[] = [];
  for (const [id, conv] of graph.nodes.entries()) {
    const reader = onlyReader(graph, readers, id);
    if (reader === undefined || !isFoldable(reader.node)) continue;
    const { node: norm } = reader;
    const folded = convolutionOf(conv, norm.attrs.relu === true);
    if (folded === undefined) continue;
    const weights = folded.scaled.map(
      ({ param, first }): ScaledWeight => ({ from: param, to: `${norm.name}/of/${param}`, first }),
    );
    const scaled = new Map(weights.map(({ from, to }) => [from, to]));
    const bias = `${norm.name}/bias`;
    const params = [...conv.params.map((name) => scaled.get(name) ?? name), bias];
    become.set(reader.id, { ...folded.node, name: norm.name, part: norm.part, params });
    const [gamma, beta] = norm.params as [string, string];
    const [runningMean, runningVar] = norm.buffers as [string, string];
    const eps = norm.attrs.eps as number;
    folds.push({ gamma, beta, runningMean, runningVar, eps, weights, bias });
  }
  return { graph: rewritten(graph, { become }), folds };
}

function isFoldable({ op, attrs, inputs }: GraphNode): boolean {
  const normalises = op === 'batchNorm' || op === 'fusedBatchNorm';
  return normalises && attrs.statistics === 'running' && inputs.length === 1;
}

interface Convolution {
  /** With a bias. */
  readonly node: GraphNode;
  /** Its parameters that the scale goes to, each with the output channel that its first row is. */
  readonly scaled: readonly { readonly param: string; readonly first: number }[];
}

function convolutionOf(conv: GraphNode, outputRelu: boolean): Convolution | undefined {
  const { op, attrs, params } = conv;
  const all = params.map((param) => ({ param, first: 0 }));
  const biased = (name: GraphNode['op'], more: GraphNode['attrs'], scaled = all) => ({
    node: { ...conv, op: name, attrs: { ...attrs, ...more, outputRelu } },
    scaled,
  });
  switch (op) {
    case 'conv2d':
    case 'reluConv2d':
      if (attrs.groups !== 1) return undefined;
      return biased('biasedConv2d', { inputRelu: op === 'reluConv2d' });
    case 'concatConv':
    case 'reluConcatConv':
      return biased('biasedConcatConv', { inputRelu: op === 'reluConcatConv' });
    case 'separableConv':
      return biased('separableConv', { bias: true }, [{ param: params[1]!, first: 0 }]);
    case 'subsampleConv':
    case 'concatSubsampleConv': {
      const [even, odd] = params as [string, string];
      return biased('biasedSubsampleConv', {}, [
        { param: even, first: 0 },
        { param: odd, first: attrs.even as number },
      ]);
    }
    default:
      return undefined;
  }
}
