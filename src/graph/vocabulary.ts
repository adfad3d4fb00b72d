import type { Definitions } from './operator.ts';
import { type BiasedAttributes, biasedOperators } from './vocabulary/biased.ts';
import { type FusedAttributes, fusedOperators } from './vocabulary/fused.ts';
import { type GeneralAttributes, generalOperators } from './vocabulary/general.ts';
import { type ImageAttributes, imageOperators } from './vocabulary/images.ts';
import { type RecurrentAttributes, recurrentOperators } from './vocabulary/recurrent.ts';

/**
 * The attributes of every operator, by its name; names and meanings are PyTorch's in camelCase.
 * A new operator is one entry in the attributes and one in the definitions of a file of
 * `vocabulary/`, and one in `operators.ts`; the compiler insists on all three.
 */
export interface Attributes
  extends GeneralAttributes,
    ImageAttributes,
    RecurrentAttributes,
    FusedAttributes,
    BiasedAttributes {}

export type OpName = keyof Attributes;
export type AttributesOf<Op extends OpName> = Attributes[Op];

/** Every operator a graph can have. */
export const vocabulary: Definitions<Attributes> = {
  ...generalOperators,
  ...imageOperators,
  ...recurrentOperators,
  ...fusedOperators,
  ...biasedOperators,
};
