import { truth } from '../attributes.ts';
import { arity, type Definitions } from '../operator.ts';
import { sameShape } from '../shape.ts';
import { type GeneralAttributes, generalOperators } from './general.ts';
import { type ImageAttributes, imageOperators } from './images.ts';

/**
 * Several operators in one, which one kernel computes without storing what lies between. No space
 * builds them: the passes (`passes/`) put them in the place of the operators they stand for.
 */
export interface FusedAttributes {
  /** relu?(batchNorm(x) + y?), of one or two inputs. Parameters and statistics are batchNorm's. */
  fusedBatchNorm: GeneralAttributes['batchNorm'] & { readonly relu: boolean };
  /** conv2d(relu(x)). */
  reluConv2d: ImageAttributes['conv2d'];
  /** concatConv of the relu of each input. */
  reluConcatConv: ImageAttributes['concatConv'];
}

const { batchNorm } = generalOperators;
const { conv2d, concatConv } = imageOperators;

export const fusedOperators: Definitions<FusedAttributes> = {
  fusedBatchNorm: {
    ...batchNorm,
    label: ({ relu }) => `batch norm${relu ? ', ReLU' : ''}`,
    inputs: arity.oneOrTwo,
    attributes: { ...batchNorm.attributes, relu: truth },
    shape([x, y], attrs, refuse) {
      if (y !== undefined && !sameShape(x!, y)) refuse('two inputs of one shape');
      return batchNorm.shape([x!], attrs, refuse);
    },
  },
  reluConv2d: { ...conv2d, label: (attrs) => `ReLU, ${conv2d.label(attrs)}` },
  reluConcatConv: { ...concatConv, label: (attrs) => `ReLU, ${concatConv.label(attrs)}` },
};
