import type { Init } from './init.ts';
import type { Shape } from './shape.ts';

export type NoAttributes = Readonly<Record<never, never>>;

/** A parameter of an operator, before it has a name in a graph. */
export interface ParameterRole {
  readonly role: string;
  readonly shape: Shape;
  readonly init: Init;
}

/** A running statistic of an operator, before it has a name in a graph. */
export interface BufferRole {
  readonly role: string;
  readonly shape: Shape;
  readonly value: number;
}

/** Rejects an operator's inputs; the argument says what was expected of them. */
export type Refuse = (expected: string) => never;

/** What an operator is, as far as that needs no tensor. Shapes are of one example, without the batch. */
export interface OpDefinition<A> {
  /** What stands in its box in a picture. */
  label(attrs: A): string;
  /** How many inputs it takes. */
  readonly inputs: { readonly min: number; readonly max: number };
  /** For each attribute a function that returns it checked, or throws. */
  readonly attributes: {
    readonly [K in keyof A]: (where: string, value: unknown) => A[K];
  };
  shape(inputs: readonly Shape[], attrs: A, refuse: Refuse): Shape;
  parameters?(inputs: readonly Shape[], attrs: A): readonly ParameterRole[];
  buffers?(inputs: readonly Shape[], attrs: A): readonly BufferRole[];
  /**
   * Multiply-adds for one example. Counted as the field does: convolutions and matrix products;
   * normalisation, activations, pooling and sums are free. Absent = 0.
   */
  multiplyAdds?(inputs: readonly Shape[], attrs: A, output: Shape): number;
}

/** Definitions of a group of operators, each with its attributes. */
export type Definitions<Attributes> = {
  readonly [Op in keyof Attributes]: OpDefinition<Attributes[Op]>;
};

/** How many inputs an operator takes. */
export const arity = {
  none: { min: 0, max: 0 },
  one: { min: 1, max: 1 },
  oneOrTwo: { min: 1, max: 2 },
  oneOrMore: { min: 1, max: Number.POSITIVE_INFINITY },
  twoOrMore: { min: 2, max: Number.POSITIVE_INFINITY },
} as const;
