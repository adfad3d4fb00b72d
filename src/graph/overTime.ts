import { unexpected } from '../errors/check.ts';
import type { DType, Tensor } from '../torch/index.ts';
import * as torch from '../torch/index.ts';
import type { Graph, NodeId, State } from './graph.ts';
import { liveNodes } from './live.ts';
import { type RunLoop, runLoop } from './loop.ts';
import { runLoopNatively } from './loopProgram.ts';
import { inDType } from './operators.ts';
import { type Stage, stagesOf } from './recurrence.ts';
import { type ExecuteOptions, runNode } from './runNode.ts';
import { type Shape, sameShape } from './shape.ts';
import { Values } from './values.ts';

/** What a recurrent network gives for a text or another sequence. */
export interface OverTime {
  /** [T, N, …] by name, in the dtype that they were computed in. */
  readonly outputs: Record<string, Tensor>;
  /**
   * After the last time step, [N, …] by name; those that the outputs depend on. In the dtype of those
   * before the first.
   */
  readonly states: Record<string, Tensor>;
}

/**
 * Runs a recurrent graph over T time steps. A node that does not depend on its own past is run once,
 * with time folded into the batch ([T·N, …]): one large product instead of T small ones, and a batch
 * norm's statistics are those of all T·N examples. Only recurrences go step by step.
 *
 * Gradients flow through all T steps, and on into the states that were given; the states that come
 * back are not detached.
 *
 * @param input [T, N, …the input node's shape]; tokens are int64 [T, N]
 * @param states before the first time step, [N, …the state's shape] by name
 * @param run what runs the recurrences: one native call each where it knows all of their operators,
 *   else {@link runLoop}
 * @throws EnasTorchError ERR_ARGUMENT when an input or state is missing or of another shape
 */
export function executeOverTime(
  graph: Graph,
  input: Tensor,
  states: Readonly<Record<string, Tensor>>,
  options: ExecuteOptions,
  run: RunLoop = (loop) => runLoopNatively(loop) ?? runLoop(loop),
): OverTime {
  const outputs = options.outputs ?? Object.keys(graph.outputs);
  const live = liveNodes(graph, outputs);
  const [steps, examples] = checkInput(graph, input);
  const liveStates = graph.states.filter((state) => live.has(state.input));
  checkStates(graph, liveStates, states, examples);
  const stages = stagesOf(graph, live);
  const keep = outputs.map((name) => graph.outputs[name]!);
  const values = new Values(readers(stages, keep));
  const wanted = wantedOf(stages, keep);
  const under = { graph, values, states, options, steps, examples, wanted, run };

  const last: Record<string, Tensor> = {};
  for (const stage of stages) {
    const id = stage.nodes[0]!;
    const { op } = graph.nodes[id]!;
    if (stage.states.length > 0) Object.assign(last, runRecurrence(stage, under));
    else if (op === 'input') values.set(id, cast(folded(input), options.dtype));
    else if (op === 'state') Object.assign(last, runDelay(stateOf(graph, id), under));
    else {
      const inputs = graph.nodes[id]!.inputs.map((source) => values.get(source));
      values.set(id, runNode(graph.nodes[id]!, inputs, options, steps));
    }
    values.done(stage.reads);
  }
  return {
    outputs: Object.fromEntries(
      outputs.map((name) => {
        const value = values.get(graph.outputs[name]!);
        return [name, value.reshape([steps, examples, ...value.shape.slice(1)])];
      }),
    ),
    states: Object.fromEntries(liveStates.map(({ name }) => [name, last[name]!])),
  };
}

/** A run under way. */
interface Run {
  readonly graph: Graph;
  readonly values: Values;
  readonly states: Readonly<Record<string, Tensor>>;
  readonly options: ExecuteOptions;
  readonly steps: number;
  readonly examples: number;
  /** Nodes whose values are read outside of their stage. */
  readonly wanted: ReadonlySet<NodeId>;
  readonly run: RunLoop;
}

/** Step by step; sets the values that other stages read and returns the states after the last step. */
function runRecurrence(
  stage: Stage,
  { graph, values, states: given, options, steps, examples, wanted, run }: Run,
): Record<string, Tensor> {
  const { sequences, states } = torch.scope(() => {
    const reads = new Map(stage.reads.map((id) => [id, values.get(id)]));
    // A state is computed with in the dtype of what is read, and given back in its own.
    const { dtype } = reads.values().next().value ?? given[stage.states[0]!.name]!;
    const result = run({
      graph,
      stage,
      reads,
      states: new Map(stage.states.map(({ input, name }) => [input, cast(given[name]!, dtype)])),
      emitted: stage.nodes.filter((id) => wanted.has(id)),
      steps,
      examples,
      options,
    });
    const after = stage.states.map(({ name, input }) => {
      const state = result.states.get(input)!;
      return [name, cast(state, given[name]!.dtype)] as const;
    });
    return { sequences: result.sequences, states: Object.fromEntries(after) };
  });
  for (const [id, sequence] of sequences) values.set(id, sequence);
  return states;
}

/** Numbers in a dtype, if one is asked for; tokens stay whole. */
function cast(tensor: Tensor, dtype: DType | undefined): Tensor {
  return floating.has(tensor.dtype) ? inDType(tensor, dtype) : tensor;
}

const floating: ReadonlySet<DType> = new Set(['float32', 'float64', 'bfloat16']);

/** A state that depends on no past of its own: the values of its next, one time step late. */
function runDelay(
  { name, input, next }: State,
  { values, states, steps, examples }: Run,
): Record<string, Tensor> {
  const { delayed, last } = torch.scope(() => {
    const sequence = values.get(next);
    const dtype = floating.has(sequence.dtype) ? sequence.dtype : undefined;
    const earlier = (steps - 1) * examples;
    return {
      delayed: torch.cat([cast(states[name]!, dtype), sequence.narrow(0, 0, earlier)], 0),
      // A copy: a view would keep the whole sequence in memory for as long as the state lives.
      last: cast(sequence.narrow(0, earlier, examples).clone(), states[name]!.dtype),
    };
  });
  values.set(input, delayed);
  return { [name]: last };
}

/** How many stages read each node's value; what is given out is never used up. */
function readers(stages: readonly Stage[], keep: readonly NodeId[]): Map<NodeId, number> {
  const counts = new Map<NodeId, number>(stages.flatMap(({ nodes }) => nodes.map((id) => [id, 0])));
  for (const { reads } of stages) for (const id of reads) counts.set(id, counts.get(id)! + 1);
  for (const id of keep) counts.set(id, Number.POSITIVE_INFINITY);
  return counts;
}

function wantedOf(stages: readonly Stage[], keep: readonly NodeId[]): ReadonlySet<NodeId> {
  return new Set([...stages.flatMap(({ reads }) => reads), ...keep]);
}

function stateOf({ states }: Graph, id: NodeId): State {
  return states.find(({ input }) => input === id)!;
}

/** [T, N, …] → [T·N, …] */
function folded(input: Tensor): Tensor {
  return input.reshape([-1, ...input.shape.slice(2)]);
}

function checkInput({ nodes }: Graph, input: Tensor): readonly [steps: number, examples: number] {
  const { shape } = nodes.find(({ op }) => op === 'input')!;
  const [steps, examples, ...rest] = input.shape;
  if (!steps || !examples || !sameShape(rest, shape)) {
    throw unexpected(
      'executeOverTime: input',
      shown(['T', 'N', ...shape]),
      shown(input.shape),
      'give at least one time step of at least one example of the shape the graph was built for',
    );
  }
  return [steps, examples];
}

function checkStates(
  { nodes }: Graph,
  live: readonly State[],
  states: Readonly<Record<string, Tensor>>,
  examples: number,
): void {
  for (const { name, input } of live) {
    const expected: Shape = [examples, ...nodes[input]!.shape];
    const given = states[name];
    if (given !== undefined && sameShape(given.shape, expected)) continue;
    throw unexpected(
      `executeOverTime: state ${name}`,
      shown(expected),
      given === undefined ? undefined : shown(given.shape),
      'begin with zeros, or go on with the states of the call before',
    );
  }
}

function shown(sizes: readonly (number | string)[]): string {
  return `[${sizes.join(', ')}]`;
}
