import type { RecurrentArch } from '../../../src/spaces/recurrent/arch.ts';
import { recurrent } from '../../../src/spaces/recurrent/index.ts';
import {
  type RecurrentOptions,
  recurrentOptionsSchema,
} from '../../../src/spaces/recurrent/options.ts';
import type { Space, TextTask } from '../../../src/spaces/space.ts';

/** Tokens of the Penn Treebank. */
export const pennTreebank: TextTask = { kind: 'text', vocabulary: 10_000 };

/** The authors' published cell, in their format. */
export const publishedAuthors = '0 0 0 1 1 2 1 2 0 2 0 5 1 1 0 6 1 8 1 8 1 8 1\n';

/** The cell that ENAS found and the one that DARTS found, as enas_lm writes them. */
export const publishedEnasLm = '0 2 1 0 2 1 2 2 4 0 5 0 3 2 6 2\n';
export const dartsEnasLm = '0 2 1 1 1 1 1 3 2 0 5 2 3 0 5 1\n';

/** The authors' cell with its nodes in another order, as carpedm20 writes it. */
export const publishedDag = `{
  "-1": [[0,"tanh"]],
  "-2": [[0,"tanh"]],
  "0": [[1,"tanh"]],
  "1": [[2,"ReLU"],[3,"tanh"]],
  "2": [[4,"tanh"],[5,"tanh"],[6,"ReLU"]],
  "3": [[12,"avg"]],
  "4": [[7,"ReLU"]],
  "5": [[12,"avg"]],
  "6": [[12,"avg"]],
  "7": [[8,"ReLU"]],
  "8": [[9,"ReLU"],[10,"ReLU"],[11,"ReLU"]],
  "9": [[12,"avg"]],
  "10": [[12,"avg"]],
  "11": [[12,"avg"]],
  "12": [[13,"h[t]"]]
}
`;

/** A space with the paper's options but for some. */
export function create(changes: object = {}): Space<RecurrentArch> {
  return recurrent.create(optionsWith(changes));
}

export function optionsWith(changes: object): RecurrentOptions {
  return recurrentOptionsSchema.parse(changes);
}
