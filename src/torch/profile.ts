import { native } from './addon.ts';
import { checkFunction, refusePromise } from './scope.ts';

/** What an operator of libtorch took. */
export interface OperatorTime {
  /** `aten::mm`; of a backward function `AddmmBackward0`. */
  readonly name: string;
  readonly calls: number;
  /** In the operator itself, without the operators it called. */
  readonly seconds: number;
}

/**
 * Runs `fn` and says what each operator took on this thread, the longest first. What is missing to the
 * time of the whole was spent outside of operators: in JavaScript, in handing over. Watching costs
 * about a microsecond a call. On the CPU backward is seen too; of a CUDA device only what handing work
 * over to it took. Synchronous, like `scope`.
 *
 * @throws EnasTorchError ERR_TORCH inside another profile
 */
export function profile(fn: () => void): readonly OperatorTime[] {
  checkFunction('profile', fn);
  native.profileStart();
  let times: OperatorTime[] = [];
  try {
    refusePromise('profile', fn());
  } finally {
    times = native.profileStop();
  }
  return times.sort((a, b) => b.seconds - a.seconds);
}
