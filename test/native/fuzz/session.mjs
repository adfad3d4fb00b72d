import { Thrown } from './junk.mjs';

const codes = new Set([
  'ERR_ARGUMENT',
  'ERR_RELEASED',
  'ERR_TORCH',
  'ERR_OUT_OF_MEMORY',
  'ERR_DEVICE',
]);

/** What a call may change for those after it, and how that is put right. */
const around = {
  beginScope: { after: (native) => native.endScope([]) },
  endScope: { before: (native) => native.beginScope() },
  profileStart: { after: (native) => attempt(() => native.profileStop()) },
};

/** Makes calls in scopes of their own and says what a call did that it must not. */
export class Session {
  constructor(native, materialiser, errorClass) {
    this.native = native;
    this.materialiser = materialiser;
    this.errorClass = errorClass;
    this.widest = ['none', 'avx2', 'avx512', 'avx512bf16', 'amx'].indexOf(native.getSimd());
    this.threads = native.getNumThreads();
    this.collector = native.environment();
    this.returned = 0;
  }

  /** @returns what was wrong, or undefined */
  make(name, call) {
    const { native } = this;
    const before = native.memory().tensors;
    native.beginScope();
    let wrong;
    try {
      const args = this.materialiser.args(call);
      around[name]?.before?.(native);
      wrong = this.judged(name, call, args);
    } catch (error) {
      wrong = `making its arguments: ${error.stack}`;
    }
    around[name]?.after?.(native);
    this.restore(name);
    if (!native.endScope([])) wrong ??= 'the scope round the call was closed';
    const alive = native.memory().tensors - before;
    if (alive !== 0) wrong ??= `${alive} tensors stayed alive`;
    return wrong;
  }

  judged(name, call, args) {
    const { native } = this;
    let result;
    try {
      result = call.construct
        ? Reflect.construct(native[name], args)
        : Reflect.apply(native[name], undefined, args);
    } catch (error) {
      return this.judgeError(error);
    }
    this.returned++;
    try {
      this.use(result, call.after);
    } catch (error) {
      return this.judgeError(error);
    }
    return undefined;
  }

  judgeError(error) {
    if (error instanceof Thrown) return undefined;
    if (!(error instanceof this.errorClass) || !codes.has(error.code)) {
      return `threw ${Object.prototype.toString.call(error)} ${error?.stack ?? String(error)}`;
    }
    if (error.message.includes('INTERNAL ASSERT')) {
      return error.message;
    }
    return undefined;
  }

  /** Reads results, and goes back through their graph. */
  use(result, after) {
    const { native } = this;
    for (const handle of handlesIn(result, 0)) {
      if (!this.isLive(handle)) continue;
      // What is expanded may have more elements than can be gone through.
      if (native.numel(handle) > 1e6) continue;
      native.toBytes(handle);
      if (after !== 'read' && native.requiresGrad(handle)) this.backward(handle, after);
    }
  }

  backward(handle, after) {
    const { native } = this;
    if (after === 'scalar') native.setSimd(0);
    const dense = () => native.ones(native.shape(handle), native.dtype(handle), 'cpu');
    const from = after === 'dense' ? handle : native.sum(handle, undefined, false);
    native.backward(from, after === 'dense' ? dense() : undefined, true, after === 'twice');
  }

  isLive(handle) {
    return attempt(() => {
      this.native.numel(handle);
      return true;
    });
  }

  restore(name) {
    const { native } = this;
    if (name === 'setErrorClass') native.setErrorClass(this.errorClass);
    native.setGradEnabled(true);
    native.setNumThreads(this.threads);
    native.setFlushDenormal(this.flushes);
    if (name !== 'setSimd') native.setSimd(this.level);
  }

  /** Between rounds: kernels for another instruction set; denormals flushed, by this thread alone, or not. */
  reset(round) {
    this.level = this.widest - (round % (this.widest + 1));
    this.flushes = round % 2 === 1;
    this.native.setSimd(this.level);
    this.native.setFlushDenormal(this.flushes);
  }
}

function* handlesIn(result, depth) {
  if (typeof result === 'number' && result >= 2 ** 26) yield result;
  else if (Array.isArray(result) && depth < 3) {
    for (const item of result.slice(0, 100)) yield* handlesIn(item, depth + 1);
  } else if (typeof result?.handle === 'number') yield result.handle;
}

function attempt(fn) {
  try {
    return fn();
  } catch {
    return undefined;
  }
}
