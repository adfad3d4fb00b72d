import type { Tensor } from '../torch/index.ts';
import * as torch from '../torch/index.ts';
import type { Graph, NodeId } from './graph.ts';
import type { Stage } from './recurrence.ts';
import { type ExecuteOptions, prepared } from './runNode.ts';

/** A stage that has to go step by step, and all that it reads. */
export interface Loop {
  readonly graph: Graph;
  readonly stage: Stage;
  /** The nodes of other stages that it reads, all time steps in the batch: [T·N, …]. */
  readonly reads: ReadonlyMap<NodeId, Tensor>;
  /** Before the first time step, [N, …] by the state's node. */
  readonly states: ReadonlyMap<NodeId, Tensor>;
  /** Nodes whose values are wanted, of all time steps. */
  readonly emitted: readonly NodeId[];
  readonly steps: number;
  readonly examples: number;
  readonly options: ExecuteOptions;
}

/** What a loop gives. */
export interface LoopResult {
  /** [T·N, …] by node, of those that were to be emitted. */
  readonly sequences: ReadonlyMap<NodeId, Tensor>;
  /** After the last time step, [N, …] by the state's node. */
  readonly states: ReadonlyMap<NodeId, Tensor>;
}

export type RunLoop = (loop: Loop) => LoopResult;

/** Runs a loop node by node: the readable reference of what a recurrence means. */
export const runLoop: RunLoop = ({
  graph,
  stage: { nodes, states: inside },
  reads,
  states,
  emitted,
  steps,
  examples,
  options,
}) =>
  torch.scope(() => {
    const like = states.get(inside[0]!.input)!;
    const runners = nodes
      .filter((id) => graph.nodes[id]!.op !== 'state')
      .map((id) => ({ id, run: prepared(graph.nodes[id]!, options, like) }));
    // One split rather than a slice at each step, whose gradients would each be of the whole.
    const sizes = new Array<number>(steps).fill(examples);
    const given = new Map([...reads].map(([id, value]) => [id, torch.split(value, sizes)]));
    const sequences = new Map<NodeId, Tensor[]>(emitted.map((id) => [id, []]));
    let carried = states;
    for (let step = 0; step < steps; step++) {
      const now = torch.scope(() => {
        const at = new Map(carried);
        for (const { id, run } of runners) {
          const inputs = graph.nodes[id]!.inputs.map(
            (source) => at.get(source) ?? given.get(source)![step]!,
          );
          at.set(
            id,
            torch.scope(() => run(inputs, step)),
          );
        }
        return {
          carried: new Map(inside.map(({ input, next }) => [input, at.get(next)!])),
          emitted: emitted.map((id) => at.get(id)!),
        };
      });
      carried = now.carried;
      for (const [i, id] of emitted.entries()) sequences.get(id)!.push(now.emitted[i]!);
    }
    return {
      sequences: new Map([...sequences].map(([id, sequence]) => [id, torch.cat(sequence, 0)])),
      states: carried,
    };
  });
