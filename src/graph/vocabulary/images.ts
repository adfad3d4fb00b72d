import { checkInteger } from '../../errors/check.ts';
import { integer } from '../attributes.ts';
import { he } from '../init.ts';
import {
  arity,
  type Definitions,
  type NoAttributes,
  type OpDefinition,
  type Refuse,
} from '../operator.ts';
import { elements, type Shape, windowed } from '../shape.ts';
import { channelsOf, concatenated } from './joined.ts';

/** Attributes of the operators on feature maps [C, H, W]. */
export interface ImageAttributes {
  /** 2-d convolution without bias. Parameters: `weight` [out, C/groups, kernel, kernel]. */
  conv2d: WindowAttributes & { readonly out: number; readonly groups: number };
  /**
   * 1×1 convolution over the depth-concatenation of its k inputs. Its weight is k parameters
   * `weight0`… [out, Cᵢ, 1, 1], one for each input: side by side they are the weight of
   * conv1×1(concat(inputs)). So a varying set of inputs selects slices of one large weight. Where
   * `passes/fuseConcatConv.ts` puts it in that convolution's place, it keeps the one weight
   * [out, ΣCᵢ, 1, 1].
   */
  concatConv: { readonly out: number };
  /** Mean over a window; zero padding is not counted (PyTorch's `countIncludePad: false`). */
  avgPool: WindowAttributes;
  maxPool: WindowAttributes;
  /**
   * Every second pixel along height and width, beginning with pixel `offset`. The result is
   * ⌈H/2⌉ × ⌈W/2⌉ for either offset: where an odd size leaves offset 1 a pixel short, that is zero.
   */
  subsample: { readonly offset: 0 | 1 };
  /** Mean over height and width: [C, H, W] → [C]. */
  globalAvgPool: NoAttributes;
}

export interface WindowAttributes {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

export const windowAttributes = { kernel: integer(1), stride: integer(1), padding: integer(0) };

function featureMap(shape: Shape, refuse: Refuse): readonly [number, number, number] {
  const [channels, height, width] = shape;
  if (shape.length !== 3) refuse('a feature map [C, H, W]');
  return [channels!, height!, width!];
}

const pool: Omit<OpDefinition<WindowAttributes>, 'label'> = {
  inputs: arity.one,
  attributes: windowAttributes,
  shape([x], window, refuse) {
    const { kernel, padding } = window;
    const [channels, height, width] = featureMap(x!, refuse);
    // libtorch refuses more: a window could then lie wholly in the padding.
    if (2 * padding > kernel) refuse(`a padding of at most half the kernel ${kernel}`);
    return [channels, ...slide(height, width, window, refuse)];
  },
};

function slide(
  height: number,
  width: number,
  { kernel, stride, padding }: WindowAttributes,
  refuse: Refuse,
): [number, number] {
  const out: [number, number] = [
    windowed(height, kernel, stride, padding),
    windowed(width, kernel, stride, padding),
  ];
  if (out[0] < 1 || out[1] < 1) {
    refuse(`height and width of at least ${kernel - 2 * padding} for a ${kernel}×${kernel} window`);
  }
  return out;
}

export const imageOperators: Definitions<ImageAttributes> = {
  conv2d: {
    label: ({ kernel, groups }) => `${groups > 1 ? 'grouped ' : ''}conv ${kernel}×${kernel}`,
    inputs: arity.one,
    attributes: { out: integer(1), ...windowAttributes, groups: integer(1) },
    shape([x], { out, groups, ...window }, refuse) {
      const [channels, height, width] = featureMap(x!, refuse);
      if (channels % groups !== 0 || out % groups !== 0) {
        refuse(`input and output channels (${channels}, ${out}) divisible by groups ${groups}`);
      }
      return [out, ...slide(height, width, window, refuse)];
    },
    parameters([x], { out, kernel, groups }) {
      const channels = x![0]! / groups;
      const init = he(channels * kernel * kernel);
      return [{ role: 'weight', shape: [out, channels, kernel, kernel], init }];
    },
    multiplyAdds: ([x], { kernel, groups }, output) =>
      elements(output) * (x![0]! / groups) * kernel * kernel,
  },

  concatConv: {
    label: () => 'concat, conv 1×1',
    inputs: arity.oneOrMore,
    attributes: { out: integer(1) },
    shape(inputs, { out }, refuse) {
      const [, height, width] = concatenated(inputs, refuse);
      return [out, height!, width!];
    },
    parameters(inputs, { out }) {
      const init = he(channelsOf(inputs));
      return inputs.map(([channels], i) => ({
        role: `weight${i}`,
        shape: [out, channels!, 1, 1],
        init,
      }));
    },
    multiplyAdds: (inputs, _, output) => elements(output) * channelsOf(inputs),
  },

  avgPool: { ...pool, label: ({ kernel }) => `avg pool ${kernel}×${kernel}` },

  maxPool: { ...pool, label: ({ kernel }) => `max pool ${kernel}×${kernel}` },

  subsample: {
    label: ({ offset }) => (offset === 0 ? 'even pixels' : 'odd pixels'),
    inputs: arity.one,
    attributes: { offset: (where, value) => checkInteger(where, value, 0, 1) as 0 | 1 },
    shape([x], _, refuse) {
      const [channels, height, width] = featureMap(x!, refuse);
      return [channels, Math.ceil(height / 2), Math.ceil(width / 2)];
    },
  },

  globalAvgPool: {
    label: () => 'global avg pool',
    inputs: arity.one,
    attributes: {},
    shape: ([x], _, refuse) => [featureMap(x!, refuse)[0]],
  },
};
