import type { RecurrenceOperator, Slot, Tensor } from '../torch/index.ts';
import * as torch from '../torch/index.ts';
import { functional as F } from '../torch/index.ts';
import type { GraphNode, NodeId } from './graph.ts';
import type { Loop, LoopResult } from './loop.ts';
import { seedOf } from './runNode.ts';
import type { AttributesOf } from './vocabulary.ts';

/**
 * Runs a loop as one native call, forward and back; see {@link torch.recurrence}.
 *
 * @returns null for a loop with an operator, or with values, that the native recurrence does not know
 */
export function runLoopNatively(loop: Loop): LoopResult | null {
  const { graph, stage, reads, states, emitted, steps } = loop;
  if (![...reads.values(), ...states.values()].every((tensor) => fits(tensor, states))) return null;
  const running = stage.nodes.filter((id) => !states.has(id));
  if (!running.every((id) => graph.nodes[id]!.op in translations)) return null;
  return torch.scope(() => {
    const slots = new Map([...reads.keys(), ...states.keys()].map((id, slot) => [id, slot]));
    const operands = new Operands(loop);
    const operators: RecurrenceOperator[] = [];
    for (const id of running) {
      const node = graph.nodes[id]!;
      const inputs = node.inputs.map((source) => slots.get(source)!);
      const operator = translations[node.op]!(node, inputs, operands);
      // What does nothing gives what it was given.
      if (typeof operator === 'number') slots.set(id, operator);
      else slots.set(id, reads.size + states.size + operators.push(operator) - 1);
    }
    const nexts = stage.states.map(({ next }) => slots.get(next)!);
    // Two nodes may be one slot.
    const outputs = [...new Set(emitted.map((id) => slots.get(id)!))];
    if (outputs.some((slot) => slot < reads.size)) return null;
    const result = torch.recurrence(
      { steps, operators, nexts, outputs },
      { ...operands, sequences: [...reads.values()], states: [...states.values()] },
    );
    const sequence = (id: NodeId) => result.outputs[outputs.indexOf(slots.get(id)!)]!;
    return {
      sequences: new Map(emitted.map((id) => [id, sequence(id)])),
      states: new Map([...states.keys()].map((id, i) => [id, result.states[i]!])),
    };
  });
}

function fits(tensor: Tensor, states: ReadonlyMap<NodeId, Tensor>): boolean {
  const like = states.values().next().value!;
  return tensor.shape.length === 2 && tensor.dtype === like.dtype && tensor.dtype !== 'int64';
}

/** The parameters and masks that a program refers to by index. */
class Operands {
  readonly params: Tensor[] = [];
  readonly masks: Tensor[] = [];
  readonly #loop: Loop;

  constructor(loop: Loop) {
    this.#loop = loop;
  }

  get training(): boolean {
    return this.#loop.options.training;
  }

  param(name: string): number {
    return this.params.push(this.#loop.options.lookup(name)) - 1;
  }

  /** Of a dropout: one for all time steps, or one drawn anew for each. */
  mask(node: GraphNode): number {
    const { options, examples, steps, states } = this.#loop;
    const { p, variational } = node.attrs as AttributesOf<'dropout'>;
    const { dtype, device } = states.values().next().value!;
    const ones = torch.ones([examples, ...node.shape], { dtype, device });
    const drawn = (stream: string) => F.dropout(ones, { p, seed: seedOf(node, options, stream) });
    const mask = variational
      ? drawn(node.name)
      : torch.cat(
          Array.from({ length: steps }, (_, step) => drawn(`${node.name}/step${step}`)),
          0,
        );
    return this.masks.push(mask) - 1;
  }
}

/** What each operator is in a recurrence's words; a slot where it gives its input as it is. */
const translations: Readonly<
  Record<
    string,
    (node: GraphNode, inputs: readonly Slot[], operands: Operands) => RecurrenceOperator | Slot
  >
> = {
  gates: ({ params }, [input], operands) => ({
    op: 'linear',
    input: input!,
    weights: params.map((name) => operands.param(name)),
  }),

  add: (_, inputs) => ({ op: 'add', inputs }),

  mean: (_, inputs) => ({ op: 'mean', inputs }),

  relu: (_, [input]) => ({ op: 'relu', input: input! }),

  highway({ attrs }, [input, carry]) {
    const { activation } = attrs as AttributesOf<'highway'>;
    const read = { op: 'highway', input: input!, activation } as const;
    return carry === undefined ? read : { ...read, carry };
  },

  dropout(node, [input], operands) {
    const { p } = node.attrs as AttributesOf<'dropout'>;
    if (!operands.training || p === 0) return input!;
    return { op: 'mask', input: input!, mask: operands.mask(node) };
  },

  batchNorm({ params, buffers, attrs }, [input], operands) {
    const { statistics, eps, momentum } = attrs as AttributesOf<'batchNorm'>;
    const [weight, bias] = params.map((name) => operands.param(name)) as [number, number];
    const training = operands.training || statistics === 'batch';
    const read = { op: 'batchNorm', input: input!, weight, bias, training, momentum, eps } as const;
    if (statistics === 'batch') return read;
    const [mean, variance] = buffers.map((name) => operands.param(name)) as [number, number];
    return { ...read, running: [mean, variance] };
  },
};
