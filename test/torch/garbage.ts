import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Has V8 collect what earlier tests left, so that a figure of memory after it is only one's own. */
export function collectGarbage(): void {
  collect();
  collect();
}
