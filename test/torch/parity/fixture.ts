import { fileURLToPath } from 'node:url';
import type { DType, Tensor } from '../../../src/torch/index.ts';
import * as torch from '../../../src/torch/index.ts';

/** How closely PyTorch's own results are to be met, relative to a tensor's largest element. */
export const precisions = [
  { dtype: 'float64', suffix: '64', relative: 1e-10 },
  { dtype: 'float32', suffix: '32', relative: 1e-5 },
] as const satisfies readonly { dtype: DType; suffix: string; relative: number }[];

export type Precision = (typeof precisions)[number];

/** A case of a fixture file; what it holds is written in `scripts/fixtures/`. */
export interface Case<Options = Record<string, unknown>> {
  readonly name: string;
  readonly op: string;
  readonly options: Options;
  /** Inputs that get no gradient. */
  readonly constant?: readonly string[];
}

/** What PyTorch computed: a file that `scripts/fixtures/generate.py` wrote. */
export class Fixture<AnyCase extends Case<object> = Case> {
  readonly cases: readonly AnyCase[];
  /** What else the file says of itself. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly #tensors: Readonly<Record<string, Tensor>>;

  constructor(name: string) {
    const path = fileURLToPath(new URL(`../../fixtures/${name}.safetensors`, import.meta.url));
    const { tensors, metadata } = torch.loadSafetensors(path);
    this.#tensors = tensors;
    const { cases, ...facts } = JSON.parse(metadata.fixture!);
    this.cases = cases;
    this.facts = facts;
  }

  get(name: string): Tensor {
    const tensor = this.#tensors[name];
    if (tensor === undefined) throw new Error(`the fixture has no ${name}`);
    return tensor;
  }

  has(name: string): boolean {
    return name in this.#tensors;
  }

  /** Tensors under a prefix, by the rest of their names. */
  under(prefix: string): Record<string, Tensor> {
    return Object.fromEntries(
      Object.entries(this.#tensors)
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
    );
  }

  /** A tensor of its own in another dtype, a leaf. */
  copy(name: string, dtype: DType): Tensor {
    return this.get(name).to({ dtype }).clone();
  }
}
