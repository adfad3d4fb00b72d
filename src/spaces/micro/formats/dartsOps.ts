import { nearest } from '../../../errors/check.ts';
import type { MicroOp } from '../decisions.ts';

/** The operators by the names that DARTS gave them, which NNI and others took over. */
export const dartsNames: Readonly<Record<MicroOp, string>> = {
  sep3x3: 'sep_conv_3x3',
  sep5x5: 'sep_conv_5x5',
  avgpool3x3: 'avg_pool_3x3',
  maxpool3x3: 'max_pool_3x3',
  identity: 'skip_connect',
};

const byName = new Map(Object.entries(dartsNames).map(([op, name]) => [name, op as MicroOp]));

/**
 * The operator of this name.
 *
 * @param refuse throws; its argument says what was expected and what to do
 */
export function dartsOp(name: string, refuse: (message: string) => never): MicroOp {
  const op = byName.get(name);
  if (op !== undefined) return op;
  const names = [...byName.keys()];
  const near = nearest(name, names);
  return refuse(
    `expected one of ${names.join(', ')}, got "${name}"${foreign(name) ?? (near === undefined ? '' : `; did you mean ${near}?`)}`,
  );
}

/** Why an operator that other spaces have cannot be expressed. */
function foreign(name: string): string | undefined {
  if (name === 'none') return '; both sides of a block of the micro space have an operator';
  if (name.startsWith('dil_conv')) return '; the micro space has no dilated convolutions';
  return undefined;
}
