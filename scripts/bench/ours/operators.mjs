import * as torch from '../../../dist/torch/index.js';
import { perScope, smallOps, time } from './smallOps.mjs';

/** Nanoseconds of a small operator, measured over so many of them. */
export function start() {
  const ops = smallOps(torch);
  return {
    first: () => time(torch, ops.add, 1) > 0,
    time: ({ name, operations }) => time(torch, ops[name], operations / perScope) / perScope,
  };
}
