import { describe, expect, it } from 'vitest';
import type { Graph } from '../../src/graph/graph.ts';
import { type RunLoop, runLoop } from '../../src/graph/loop.ts';
import { runLoopNatively } from '../../src/graph/loopProgram.ts';
import { executeOverTime } from '../../src/graph/overTime.ts';
import type { ExecuteOptions } from '../../src/graph/runNode.ts';
import { activations } from '../../src/graph/vocabulary/recurrent.ts';
import type { DType, Tensor } from '../../src/torch/index.ts';
import * as torch from '../../src/torch/index.ts';
import { type LoopStyle, loop } from './loops.ts';
import { dictionary, optionsFor } from './running.ts';

const natively: RunLoop = (given) => {
  const result = runLoopNatively(given);
  if (result === null) throw new Error('the native recurrence does not know this loop');
  return result;
};

interface Size {
  readonly steps: number;
  readonly examples: number;
}

const seed = (stream: string) =>
  [...stream].reduce((sum, c) => sum * 31 + c.charCodeAt(0), 7) % 2 ** 40;

/** Outputs, states after the last step, gradients and running statistics, by name. */
function everything(
  graph: Graph,
  run: RunLoop | undefined,
  { steps, examples }: Size,
  dtype: DType,
  changes: Partial<ExecuteOptions> = {},
): Map<string, Tensor> {
  const drawn = [...dictionary(graph)].map(([name, tensor]) => {
    // Signed, so that no unit is saturated.
    const value = name.startsWith('bn/') ? tensor.detach() : tensor.detach().sub(1);
    return [name, value.to({ dtype }).clone()] as const;
  });
  const parameters = new Map(drawn);
  const trained = graph.parameters.map(({ name }) => [name, parameters.get(name)!] as const);
  const sequence = torch.randn([steps, examples, ...graph.nodes[0]!.shape], { seed: 3, dtype });
  const state = torch.randn([examples, ...graph.nodes[1]!.shape], { seed: 4, dtype });
  const leaves = new Map<string, Tensor>([...trained, ['x', sequence], ['h', state]]);
  for (const leaf of leaves.values()) leaf.requiresGrad_();
  const options = optionsFor(parameters, { seed, ...changes });
  const { outputs, states } = executeOverTime(graph, sequence, { h: state }, options, run);
  const weighted = (tensor: Tensor, of: number) =>
    tensor.mul(torch.randn(tensor.shape, { seed: of, dtype })).sum();
  weighted(outputs.y!.to({ dtype }), 5)
    .add(weighted(outputs.second!.to({ dtype }), 6))
    .add(weighted(states.h!, 7))
    .backward();
  return new Map([
    ...Object.entries(outputs),
    ['state after', states.h!],
    ...[...leaves].map(([name, leaf]) => [`gradient of ${name}`, leaf.grad!] as const),
    ...graph.buffers.map(({ name }) => [name, parameters.get(name)!] as const),
  ]);
}

function expectAlike(
  graph: Graph,
  size: Size,
  dtype: DType,
  within: number,
  changes?: Partial<ExecuteOptions>,
): void {
  torch.scope(() => {
    const ours = everything(graph, natively, size, dtype, changes);
    const theirs = everything(graph, runLoop, size, dtype, changes);
    expect([...ours.keys()]).toEqual([...theirs.keys()]);
    for (const [name, tensor] of theirs) {
      const scale = Math.max(1, tensor.abs().max().item());
      const error = ours.get(name)!.sub(tensor).abs().max().item() / scale;
      expect(error, name).toBeLessThan(within);
    }
  });
}

const styles: readonly (readonly [string, LoopStyle])[] = [
  ...activations.flatMap((activation) =>
    [true, false].map(
      (carry) =>
        [`${activation} ${carry ? 'with' : 'without'} a carry`, { activation, carry }] as const,
    ),
  ),
  ['variational dropout', { dropout: 'variational' }],
  ['dropout drawn at each step', { dropout: 'each step' }],
  ['a state that is the mean', { output: true, relu: true }],
  ["a batch norm by the step's statistics", { output: true, norm: 'batch' }],
  ['a batch norm that keeps running statistics', { output: true, norm: 'running' }],
];

describe.each(styles)('a recurrence in one native call, %s', (_, style) => {
  const sizes: Size[] = [
    { steps: 6, examples: 4 },
    { steps: 1, examples: 3 },
    // The statistics of one example are its own value.
    ...(style.norm === undefined ? [{ steps: 4, examples: 1 }] : []),
  ];

  it.each(sizes)('is what the interpreter gives, at $steps steps of $examples', (size) => {
    expectAlike(loop(style), size, 'float64', 1e-10);
    expectAlike(loop(style), size, 'float32', 1e-5);
  });

  it('is what the interpreter gives at a size no vector is a multiple of', () => {
    expectAlike(loop({ ...style, size: 37 }), { steps: 3, examples: 5 }, 'float32', 2e-5);
  });

  it('is what the interpreter gives where the work is for several threads', () => {
    expectAlike(loop({ ...style, size: 130 }), { steps: 3, examples: 70 }, 'float32', 1e-4);
  });

  it('is the same outside of training', () => {
    expectAlike(loop(style), { steps: 3, examples: 4 }, 'float64', 1e-10, { training: false });
  });
});

describe('a recurrence in one native call', () => {
  it.each(['none', 'avx2', 'avx512', 'avx512bf16'] as const)(
    'with vector code %s is what the interpreter gives',
    (level) => {
      const widest = torch.getSimd();
      torch.setSimd(level);
      try {
        for (const activation of activations) {
          expectAlike(loop({ activation, size: 41 }), { steps: 3, examples: 5 }, 'float32', 2e-5);
        }
      } finally {
        torch.setSimd(widest);
      }
    },
  );

  it('in bf16 is near what it is in fp32, and gives states and gradients in fp32', () => {
    torch.scope(() => {
      for (const style of [{}, { dropout: 'variational', output: true }] as const) {
        for (const [size, examples] of [
          [5, 9],
          // Enough for a kernel of ours to take the product of the weight's gradient.
          [70, 30],
        ] as const) {
          const graph = loop({ ...style, size, activation: 'sigmoid' });
          const given = { steps: 6, examples };
          const dtype = 'bfloat16';
          const ours = everything(graph, natively, given, 'float32', { dtype });
          const interpreted = everything(graph, runLoop, given, 'float32', { dtype });
          const exact = everything(graph, natively, given, 'float32');
          for (const [name, tensor] of exact) {
            const scale = tensor.abs().max().item();
            const error = (of: Map<string, Tensor>) =>
              of.get(name)!.to({ dtype: 'float32' }).sub(tensor).abs().max().item() / scale;
            // No further from it than what ATen's own operators give in bf16, some room left.
            expect(error(ours), name).toBeLessThan(Math.max(0.03, 2 * error(interpreted)));
            const isOutput = name === 'y' || name === 'second';
            expect(ours.get(name)!.dtype, name).toBe(isOutput ? dtype : 'float32');
          }
        }
      }
    });
  });

  it('gives the same without gradients', () => {
    torch.scope(() => {
      const graph = loop({ dropout: 'variational', output: true });
      for (const dtype of ['float32', 'float64'] as const) {
        const parameters = new Map(
          [...dictionary(graph)].map(([name, tensor]) => [name, tensor.detach().to({ dtype })]),
        );
        const options = optionsFor(parameters, { seed });
        const input = torch.randn([9, 4, ...graph.nodes[0]!.shape], { seed: 1, dtype });
        const states = { h: torch.zeros([4, 5], { dtype }) };
        for (const tensor of parameters.values()) tensor.requiresGrad_();
        const kept = executeOverTime(graph, input, states, options, natively);
        const free = torch.noGrad(() => executeOverTime(graph, input, states, options, natively));
        expect(free.outputs.y!.tolist()).toEqual(kept.outputs.y!.tolist());
        expect(free.outputs.second!.tolist()).toEqual(kept.outputs.second!.tolist());
        expect(free.states.h!.tolist()).toEqual(kept.states.h!.tolist());
      }
    });
  });

  it('gives the same at each run', () => {
    torch.scope(() => {
      const graph = loop({ dropout: 'each step', size: 70 });
      const size = { steps: 5, examples: 6 };
      const [first, second] = [0, 1].map(() => everything(graph, natively, size, 'float32'));
      for (const [name, tensor] of first!) {
        expect(second!.get(name)!.tolist(), name).toEqual(tensor.tolist());
      }
    });
  });

  it('is left to the interpreter where it does not know an operator', () => {
    torch.scope(() => {
      const graph = loop();
      const parameters = dictionary(graph);
      const input = torch.zeros([2, 3, 6], { dtype: 'float64' });
      const states = { h: torch.zeros([3, 5], { dtype: 'float64' }) };
      const strange = {
        ...graph,
        nodes: graph.nodes.map((node) =>
          node.op === 'mean' ? { ...node, op: 'zeros' as const, inputs: [node.inputs[0]!] } : node,
        ),
        states: [{ ...graph.states[0]!, next: graph.outputs.y! }],
      };
      let asked: unknown;
      executeOverTime(strange, input, states, optionsFor(parameters), (given) => {
        asked = runLoopNatively(given);
        return runLoop(given);
      });
      expect(asked).toBeNull();
      const { outputs } = executeOverTime(strange, input, states, optionsFor(parameters));
      expect(outputs.y!.abs().max().item()).toBe(0);
    });
  });
});
