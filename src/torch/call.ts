import { native } from './addon.ts';
import { Tensor } from './tensor.ts';

type Argument = Tensor | number | string | boolean | null | undefined | readonly Argument[];

type Result = Tensor | number | string | boolean | null | undefined | Result[];

const wrap = (value: unknown): Result => {
  if (Array.isArray(value)) return value.map(wrap);
  if (value !== null && typeof value === 'object') {
    return new Tensor((value as { handle: number }).handle);
  }
  return value as Result;
};

/**
 * Any operator of libtorch by its schema name: `call('aten::roll', x, [1], [0])`,
 * `call('aten::add.Scalar', x, 1)`. Arguments in the schema's order; `undefined` takes its default.
 *
 * @throws EnasTorchError ERR_ARGUMENT for an unknown operator or an argument of the wrong kind
 */
export function call(operator: string, ...args: readonly Argument[]): Result {
  return wrap(native.call(operator, args));
}
