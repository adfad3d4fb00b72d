import type { ZodType } from 'zod';
import { jsonFormat } from '../../jsonFormat.ts';
import type { Format } from '../../space.ts';
import type { RecurrentArch } from '../arch.ts';
import type { FirstNode } from '../decisions.ts';
import { authorsRnn } from './authorsRnn.ts';
import { carpedm20 } from './carpedm20.ts';
import { enasLm } from './enasLm.ts';

/** The formats of the cells with so many nodes. */
export function formats(
  nodes: number,
  firstNode: FirstNode,
  schema: ZodType<RecurrentArch>,
): Readonly<Record<string, Format<RecurrentArch>>> {
  return {
    json: jsonFormat('recurrent', schema),
    'authors-rnn': authorsRnn(nodes, firstNode),
    enas_lm: enasLm(nodes),
    carpedm20: carpedm20(nodes, firstNode),
  };
}
