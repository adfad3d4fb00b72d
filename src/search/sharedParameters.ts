import { unexpected } from '../errors/check.ts';
import { EnasTorchError } from '../errors/error.ts';
import type { Parameter } from '../graph/graph.ts';
import type { Streams } from '../random/streams.ts';
import type { Device, Tensor } from '../torch/index.ts';
import * as torch from '../torch/index.ts';

/** Each parameter begins at a multiple of this many elements: a cache line of float32. */
const alignment = 16;

interface Entry {
  readonly parameter: Parameter;
  /** A leaf whose `grad` is a view into the arena of gradients. */
  readonly value: Tensor;
  readonly grad: Tensor;
  readonly momentum: Tensor;
}

export interface SgdSettings {
  readonly lr: number;
  readonly momentum: number;
  readonly weightDecay: number;
  /** Clip the global norm of the touched gradients to this; 0 = never. */
  readonly clipNorm: number;
  /** Decay and momentum move untouched parameters too, as in TensorFlow. */
  readonly denseUpdates: boolean;
}

/**
 * ω: the parameters that all children share (Pham et al. 2018, section 2), by readable names. Values,
 * gradients and momentum each lie in one arena with a view for every parameter, convolution weights
 * in channels-last order, as the convolutions want them.
 */
export class SharedParameters {
  /** Trainable numbers. */
  readonly size: number;
  readonly #entries = new Map<string, Entry>();
  readonly #arenas: { values: Tensor; grads: Tensor; momenta: Tensor };

  /** Draws every parameter's first value from the stream `omega/init/<name>`. */
  constructor(parameters: readonly Parameter[], device: Device, streams: Streams) {
    let length = 0;
    const offsets = parameters.map(({ shape }) => {
      const offset = length;
      length += Math.ceil(count(shape) / alignment) * alignment;
      return offset;
    });
    const arena = () => torch.zeros([length], { device });
    this.#arenas = { values: arena(), grads: arena(), momenta: arena() };
    this.size = parameters.reduce((sum, { shape }) => sum + count(shape), 0);
    for (const [i, parameter] of parameters.entries()) {
      const view = (flat: Tensor) => viewInto(flat, parameter.shape, offsets[i]!);
      const value = view(this.#arenas.values);
      const grad = view(this.#arenas.grads);
      const momentum = view(this.#arenas.momenta);
      torch.scope(() => {
        value.copy_(initial(parameter, streams.key(`omega/init/${parameter.name}`)));
      });
      value.requiresGrad_();
      value.grad = grad;
      this.#entries.set(parameter.name, { parameter, value, grad, momentum });
    }
  }

  /** The parameter of a name. */
  readonly lookup = (name: string): Tensor => this.#entry(name).value;

  /** Gradients of the named parameters to zero, ready for `backward` to add to. */
  zeroGrad(names: readonly string[]): void {
    torch.zeroAll(names.map((name) => this.#entry(name).grad));
  }

  /**
   * One step of Nesterov SGD on the named parameters; all others, and their momentum, stay exactly
   * as they are unless `denseUpdates` is on.
   */
  step(names: readonly string[], { denseUpdates, clipNorm, ...sgd }: SgdSettings): void {
    const touched = names.map((name) => this.#entry(name));
    if (clipNorm > 0) {
      torch.scope(() =>
        torch
          .clipGradNorm(
            touched.map(({ value }) => value),
            clipNorm,
          )
          .dispose(),
      );
    }
    // What an earlier step left in untouched gradients must not be taken for this step's.
    if (denseUpdates)
      this.zeroGrad([...this.#entries.keys()].filter((name) => !names.includes(name)));
    const stepped = denseUpdates ? [...this.#entries.values()] : touched;
    torch.sgdStep(
      stepped.map(({ value }) => value),
      stepped.map(({ momentum }) => momentum),
      { ...sgd, nesterov: true },
    );
  }

  /** Values by name, for a checkpoint. */
  values(): Record<string, Tensor> {
    return this.#record(({ value }) => value);
  }

  /** Momentum buffers by name, for a checkpoint. */
  momenta(): Record<string, Tensor> {
    return this.#record(({ momentum }) => momentum);
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry === undefined) {
      throw unexpected('shared parameters', 'the name of a parameter of the space', name);
    }
    return entry;
  }

  #record(of: (entry: Entry) => Tensor): Record<string, Tensor> {
    return Object.fromEntries(
      [...this.#entries].map(([name, entry]) => [name, of(entry)] as const),
    );
  }
}

/**
 * Copies what a checkpoint's file holds into the tensors of the same names.
 * @throws EnasTorchError ERR_RUN when the names or shapes are not the same
 */
export function copyInto(
  file: string,
  into: Readonly<Record<string, Tensor>>,
  from: Readonly<Record<string, Tensor>>,
): void {
  const extra = Object.keys(from).find((name) => !(name in into));
  if (extra !== undefined) {
    throw new EnasTorchError('ERR_RUN', `the checkpoint's ${file} has an unknown tensor ${extra}`);
  }
  torch.noGrad(() => {
    for (const [name, tensor] of Object.entries(into)) {
      const saved = from[name];
      if (saved === undefined || String(saved.shape) !== String(tensor.shape)) {
        const got = saved === undefined ? 'none' : `[${saved.shape}]`;
        throw new EnasTorchError(
          'ERR_RUN',
          `the checkpoint's ${file}: expected ${name} of shape [${tensor.shape}], got ${got}`,
        );
      }
      tensor.copy_(saved);
    }
  });
}

const count = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

function viewInto(flat: Tensor, shape: readonly number[], offset: number): Tensor {
  return torch.asStrided(flat, shape, stridesOf(shape), offset);
}

/** Row-major strides; for a convolution's [out, in, h, w] those of channels-last. */
function stridesOf(shape: readonly number[]): number[] {
  const order = shape.length === 4 ? [0, 2, 3, 1] : shape.map((_, dim) => dim);
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (const dim of order.reverse()) {
    strides[dim] = step;
    step *= shape[dim]!;
  }
  return strides;
}

function initial({ shape, init }: Parameter, seed: number): Tensor {
  switch (init.kind) {
    case 'he':
      return torch.normal(shape, { std: Math.sqrt(2 / init.fanIn), seed });
    case 'uniform':
      return torch.uniform(shape, { low: init.low, high: init.high, seed });
    case 'constant':
      return torch.full(shape, init.value);
  }
}
