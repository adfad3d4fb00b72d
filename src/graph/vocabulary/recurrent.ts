import { integer, oneOf, sizes } from '../attributes.ts';
import { he } from '../init.ts';
import { arity, type Definitions } from '../operator.ts';
import { type Shape, sameShape } from '../shape.ts';
import { featuresOf } from './joined.ts';

/** The activation functions of a highway unit: those of Pham et al. 2018, section 2.1. */
export const activations = ['tanh', 'relu', 'identity', 'sigmoid'] as const;

export type Activation = (typeof activations)[number];

/** Attributes of the operators of recurrent networks and of text. */
export interface RecurrentAttributes {
  /** The value that a state of this shape had after the last time step; see {@link Graph.states}. */
  state: { readonly shape: Shape };
  /** Rows of a table for int64 tokens of shape []. Parameter: `weight` [vocabulary, size]. */
  embedding: { readonly vocabulary: number; readonly size: number };
  /**
   * Two linear maps of one input X, one after the other: the pre-activations z of a highway unit's
   * gate and of its candidate, [X·W(c) | X·W(h)], 2·`out` features. Without bias.
   * Parameters: `c` and `h`, [out, F] each.
   */
  gates: { readonly out: number };
  /**
   * The highway unit of equations (2) to (5) of Pham et al. 2018, appendix A, from the
   * pre-activations z = [z(c) | z(h)] of `gates` and, with a second input, what it carries:
   * c = σ(z(c)); c ⊗ f(z(h)) without a carry, c ⊗ f(z(h)) + (1 − c) ⊗ carry with one.
   */
  highway: { readonly activation: Activation };
}

export const recurrentOperators: Definitions<RecurrentAttributes> = {
  state: {
    label: () => 'state',
    inputs: arity.none,
    attributes: { shape: sizes },
    shape: (_, { shape }) => shape,
  },

  embedding: {
    label: ({ size }) => `embedding ${size}`,
    inputs: arity.one,
    attributes: { vocabulary: integer(1), size: integer(1) },
    shape: ([x], { size }, refuse) => (x!.length === 0 ? [size] : refuse('a token []')),
    parameters: (_, { vocabulary, size }) => [
      { role: 'weight', shape: [vocabulary, size], init: he(size) },
    ],
  },

  gates: {
    label: ({ out }) => `linear 2 × ${out}`,
    inputs: arity.one,
    attributes: { out: integer(1) },
    shape([x], { out }, refuse) {
      featuresOf(x!, refuse);
      return [2 * out];
    },
    parameters([x], { out }) {
      const features = x![0]!;
      const init = he(features);
      return ['c', 'h'].map((role) => ({ role, shape: [out, features], init }));
    },
    multiplyAdds: ([x], { out }) => 2 * out * x![0]!,
  },

  highway: {
    label: ({ activation }) => (activation === 'relu' ? 'ReLU' : activation),
    inputs: arity.oneOrTwo,
    attributes: { activation: oneOf(activations) },
    shape([z, carry], _, refuse) {
      if (z!.length !== 1 || z![0]! % 2 !== 0) refuse('an even number of features [2H]');
      const out = [z![0]! / 2];
      return carry === undefined || sameShape(carry, out) ? out : refuse('[2H] and a carry [H]');
    },
  },
};
