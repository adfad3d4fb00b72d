import { unexpected } from '../errors/check.ts';
import { EnasTorchError } from '../errors/error.ts';
import type { Buffer, Parameter } from '../graph/graph.ts';
import { elements } from '../graph/shape.ts';
import type { Streams } from '../random/streams.ts';
import type { Device, Tensor } from '../torch/index.ts';
import * as torch from '../torch/index.ts';
import { extent, GradientArena } from './gradientArena.ts';

interface Entry {
  /** A leaf. */
  readonly value: Tensor;
  readonly momentum: Tensor | null;
}

export interface SgdSettings {
  readonly lr: number;
  /** Nesterov momentum; 0 = none. */
  readonly momentum: number;
  readonly weightDecay: number;
  /** Clip the global norm of the touched gradients to this; 0 = never. */
  readonly clipNorm: number;
}

export interface DictionaryOptions {
  readonly device: Device;
  readonly streams: Streams;
  /** First values are drawn from the streams `<stream>/<name>`. */
  readonly stream: string;
  /** Whether the steps have momentum; without it no buffers are kept. */
  readonly momentum: boolean;
  /** Whether decay and momentum move untouched parameters too, as in TensorFlow. Default false. */
  readonly denseUpdates?: boolean;
}

/**
 * ω: parameters by readable names, those that all children of a search share (Pham et al. 2018,
 * section 2) or those of one network. Values and momentum each lie in one arena with a view for every
 * parameter, convolution weights in channels-last order, as the convolutions want them; gradients in one
 * for those of a step.
 */
export class ParameterDictionary {
  /** Trainable numbers. */
  readonly size: number;
  readonly #entries = new Map<string, Entry>();
  readonly #gradients: GradientArena;
  /** Whether there is no gradient but zeros. */
  #zero = true;
  readonly #denseUpdates: boolean;
  /** Whether every parameter has a gradient at every step. */
  readonly #denseGradients: boolean;
  readonly #buffers: ReadonlyMap<string, Tensor>;
  readonly #values: Tensor;

  constructor(
    { parameters, buffers = [] }: { parameters: readonly Parameter[]; buffers?: readonly Buffer[] },
    { device, streams, stream, momentum, denseUpdates = false }: DictionaryOptions,
  ) {
    let length = 0;
    const offsets = parameters.map(({ shape }) => {
      const offset = length;
      length += extent(shape);
      return offset;
    });
    const arena = () => torch.zeros([length], { device });
    const [values, momenta] = [arena(), momentum ? arena() : null];
    this.#values = values;
    this.#gradients = new GradientArena(device);
    this.#denseUpdates = denseUpdates;
    // What is recorded on a device knows gradients by their addresses, so that none may move.
    this.#denseGradients = denseUpdates || device !== 'cpu';
    this.size = parameters.reduce((sum, { shape }) => sum + elements(shape), 0);
    for (const [i, parameter] of parameters.entries()) {
      const view = (flat: Tensor) => viewInto(flat, parameter.shape, offsets[i]!);
      const value = view(values);
      torch.scope(() => {
        value.copy_(initial(parameter, streams.key(`${stream}/${parameter.name}`)));
      });
      value.requiresGrad_();
      const buffer = momenta === null ? null : view(momenta);
      this.#entries.set(parameter.name, { value, momentum: buffer });
    }
    this.#buffers = new Map(
      buffers.map(({ name, shape, value }) => [name, torch.full(shape, value, { device })]),
    );
  }

  /** The parameter, or the running statistic, of a name. */
  readonly lookup = (name: string): Tensor => this.#buffers.get(name) ?? this.#entry(name).value;

  /** All parameters' values as one tensor, some padding between them. */
  get flat(): Tensor {
    return this.#values;
  }

  /**
   * Gradients of the named parameters, zeros, ready for `backward` to add to; the others have none, or
   * with dense updates zeros as well. Not in a scope.
   */
  zeroGrad(names: readonly string[]): void {
    const laid = this.#denseGradients ? [...this.#entries.values()] : this.#named(names);
    this.#gradients.lay(
      laid.map(({ value }) => value),
      this.#zero,
    );
    this.#zero = false;
  }

  /**
   * One step of Nesterov SGD on the named parameters, whose gradients are zero afterwards; all others,
   * and their momentum, stay exactly as they are unless updates are dense.
   */
  step(names: readonly string[], { clipNorm, ...sgd }: SgdSettings): void {
    const moved = this.#denseUpdates ? [...this.#entries.values()] : this.#named(names);
    torch.sgdStep(
      moved.map(({ value }) => value),
      moved.flatMap(({ momentum }) => momentum ?? []),
      { ...sgd, nesterov: sgd.momentum > 0, maxNorm: clipNorm, zeroGrads: true },
    );
    this.#zero = true;
  }

  /** Values and running statistics by name, for a checkpoint. */
  values(): Record<string, Tensor> {
    const values = [...this.#entries].map(([name, { value }]) => [name, value] as const);
    return Object.fromEntries([...values, ...this.#buffers]);
  }

  /** Momentum buffers by name, for a checkpoint; none without momentum. */
  momenta(): Record<string, Tensor> {
    return Object.fromEntries(
      [...this.#entries].flatMap(([name, { momentum }]) =>
        momentum === null ? [] : [[name, momentum] as const],
      ),
    );
  }

  #named(names: readonly string[]): Entry[] {
    return names.map((name) => this.#entry(name));
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry === undefined) {
      throw unexpected('parameters', 'the name of a parameter of the graph', name);
    }
    return entry;
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
