import { describe, expect, it } from 'vitest';
import { execute } from '../../../src/graph/execute.ts';
import { liveParameters } from '../../../src/graph/live.ts';
import { elements, type Shape } from '../../../src/graph/shape.ts';
import type { MicroArch } from '../../../src/spaces/micro/arch.ts';
import { microOps } from '../../../src/spaces/micro/decisions.ts';
import { micro } from '../../../src/spaces/micro/index.ts';
import { type MicroOptions, microOptionsSchema } from '../../../src/spaces/micro/options.ts';
import type { ImageTask } from '../../../src/spaces/space.ts';
import type { DType, Tensor } from '../../../src/torch/index.ts';
import * as torch from '../../../src/torch/index.ts';
import { functional as F } from '../../../src/torch/index.ts';
import { expectClose, largest } from './close.ts';
import { type Case, Fixture, precisions } from './fixture.ts';

interface NetworkCase extends Case<Pick<MicroOptions, 'layers' | 'filters' | 'blocks'>> {
  readonly task: Omit<ImageTask, 'kind'>;
  readonly arch: MicroArch;
  /** A fixed network with its auxiliary head, else a search's child. */
  readonly fromScratch: boolean;
  readonly parameters: readonly (readonly [name: string, shape: Shape])[];
}

// The networks as `scripts/fixtures/micro_child.py` writes them, from the paper and not from our code.
const fixture = new Fixture<NetworkCase>('microChild');

/** Parameters of more numbers are not in the file; see there. */
const LARGE = 300;

function rule(count: number): Tensor {
  const values = Array.from({ length: count }, (_, i) => ((i * 7919 + 104729) % 1021) / 512 - 1);
  return torch.tensor(values, { dtype: 'float64' });
}

/** What the file has of a gradient: all of it, or of a large one its products with two vectors. */
function stored(gradient: Tensor): Tensor {
  const count = elements(gradient.shape);
  if (count <= LARGE) return gradient.reshape([-1]);
  const rows = 2 ** Math.floor(Math.log2(count) / 2);
  const matrix = gradient.to({ dtype: 'float64' }).reshape([rows, -1]);
  const left = rule(rows).reshape([1, -1]).matmul(matrix).reshape([-1]);
  const right = matrix.matmul(rule(count / rows).reshape([-1, 1])).reshape([-1]);
  return torch.cat([left, right]).to({ dtype: gradient.dtype });
}

function networkOf({ options, task, arch, fromScratch }: NetworkCase) {
  const { blocks, ...size } = options;
  const fixed = { ...size, keepProb: 1, dropPathKeep: 1 };
  const space = micro.create(microOptionsSchema.parse({ ...options, keepProb: 1, fixed }));
  const imageTask: ImageTask = { kind: 'images', ...task };
  const graph = fromScratch ? space.fixed(arch, imageTask) : space.child(arch, imageTask);
  return { graph, all: fromScratch ? graph.parameters : space.union(imageTask).parameters };
}

/** Every parameter: those of the network with PyTorch's values, what else is shared filled with ones. */
function dictionary(each: NetworkCase, dtype: DType): Map<string, Tensor> {
  const values = fixture.get(`${each.name}/values`);
  const parameters = new Map<string, Tensor>();
  let at = 0;
  for (const [name, shape] of each.parameters) {
    const count = elements(shape);
    const large = count > LARGE;
    const flat = large ? rule(count).div(8) : values.slice(0, at, at + count);
    if (!large) at += count;
    parameters.set(name, flat.to({ dtype }).clone().reshape(shape).detach().requiresGrad_());
  }
  for (const { name, shape } of networkOf(each).all) {
    if (!parameters.has(name)) {
      parameters.set(name, torch.ones(shape, { dtype }).requiresGrad_());
    }
  }
  return parameters;
}

/** Stored gradients by the name of their parameter. */
function gradientsOf(each: NetworkCase, suffix: string, sizes: ReadonlyMap<string, number>) {
  const flat = fixture.get(`${each.name}/grads${suffix}`);
  const gradients = new Map<string, Tensor>();
  let at = 0;
  for (const [name] of each.parameters) {
    const size = sizes.get(name)!;
    gradients.set(name, flat.slice(0, at, at + size).clone());
    at += size;
  }
  expect(at).toBe(flat.shape[0]);
  return gradients;
}

it('the cells of the fixture have every operator in either cell, at stride 2 too', () => {
  const children = fixture.cases.map(({ arch }) => arch);
  const used = (cell: 'normal' | 'reduce', inputsOnly: boolean) =>
    children.flatMap((arch) =>
      arch[cell].flatMap(({ inputs, ops }) =>
        ops.filter((_, side) => !inputsOnly || inputs[side]!.startsWith('input')),
      ),
    );
  expect(new Set(used('normal', false)).size).toBe(microOps.length);
  expect(new Set(used('reduce', true)).size).toBe(microOps.length);
});

describe.each(fixture.cases)('the micro $name', (each) => {
  it('has the parameters that the paper’s description asks for, by name and shape', () => {
    const { graph } = networkOf(each);
    expect(liveParameters(graph)).toHaveLength(graph.parameters.length);
    expect(
      Object.fromEntries(graph.parameters.map(({ name, shape }) => [name, [...shape]])),
    ).toEqual(Object.fromEntries(each.parameters));
  });

  describe.each(precisions)('$dtype', ({ dtype, suffix, relative }) => {
    it('gives PyTorch’s logits, loss and gradients, and touches nothing else', () => {
      torch.scope(() => {
        const { graph } = networkOf(each);
        const parameters = dictionary(each, dtype);
        const buffers = new Map(
          graph.buffers.map(({ name, shape, value }) => [
            name,
            torch.full(shape, value, { dtype }),
          ]),
        );
        const { logits, auxiliary } = execute(
          graph,
          fixture.get(`${each.name}/image`).to({ dtype }),
          {
            lookup: (name) => parameters.get(name) ?? buffers.get(name)!,
            training: true,
            seed: () => 0,
            progress: 1,
          },
        );
        expectClose(logits!, fixture.get(`${each.name}/logits${suffix}`), relative, 'logits');
        const target = fixture.get(`${each.name}/target`);
        let loss = F.crossEntropy(logits!, target);
        expect(auxiliary !== undefined).toBe(each.fromScratch);
        if (auxiliary !== undefined) {
          const expected = fixture.get(`${each.name}/auxiliary${suffix}`);
          expectClose(auxiliary, expected, relative, 'auxiliary');
          loss = loss.add(F.crossEntropy(auxiliary, target).mul(0.4));
        }
        expectClose(loss, fixture.get(`${each.name}/loss${suffix}`), relative, 'loss');
        loss.backward();

        const given = new Map(
          each.parameters.map(([name]) => [name, stored(parameters.get(name)!.grad!)]),
        );
        const sizes = new Map([...given].map(([name, flat]) => [name, flat.shape[0]!]));
        const expected = gradientsOf(each, suffix, sizes);
        // What goes back through some thirty batch norms is full of gradients that cancel, and their
        // rounding is that of the largest.
        const scale = Math.max(...[...expected.values()].map(largest));
        for (const [name, parameter] of parameters) {
          const gradient = expected.get(name);
          if (gradient === undefined) expect(parameter.grad, name).toBeNull();
          else expectClose(given.get(name)!, gradient, relative, name, scale);
        }
      });
    });
  });
});
