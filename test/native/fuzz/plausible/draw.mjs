import fc from 'fast-check';
import { dtypes, forms } from '../values.mjs';

/** What templates of arguments draw from; `g` is fast-check's, so that its seed says what is drawn. */
export class Draw {
  constructor(g) {
    this.g = g;
    this.dtype = this.pick('float32', 'float32', 'bfloat16', 'float64');
    this.form = this.pick('dense', 'channelsLast', 'channelsLast', ...forms);
    this.grad = this.pick('none', 'leaf', 'computed');
  }

  int(min, max) {
    return this.g(fc.integer, { min, max });
  }

  pick(...from) {
    return from[this.g(fc.nat, from.length - 1)];
  }

  bool() {
    return this.int(0, 1) === 1;
  }

  some(value) {
    return this.bool() ? value : undefined;
  }

  /** Of the call's own dtype and layout, each now and then of another. */
  tensor(shape, options = {}) {
    return {
      tensor: {
        shape,
        dtype: this.int(0, 30) === 0 ? this.pick(...dtypes) : this.dtype,
        form: this.int(0, 4) === 0 ? this.pick(...forms) : this.form,
        grad: this.int(0, 6) === 0 ? 'none' : this.grad,
        below: 2,
        ...options,
      },
    };
  }

  /** Whole numbers below `below`; an index now and then too large. */
  indices(shape, below, dtype = 'int64') {
    const top = this.int(0, 9) === 0 ? below + 2 : Math.max(below, 1);
    return this.tensor(shape, {
      dtype,
      below: top,
      grad: 'none',
      form: this.pick('dense', ...forms),
    });
  }

  state(shape, options) {
    return this.tensor(shape, { grad: 'none', ...options });
  }
}
