import { junkMakers, spoilers } from './junk.mjs';

/** Numbers of libtorch's dtypes that the addon has no name for. */
const scalarTypes = { int32: 3, float16: 5, complex64: 9 };

const real = new Set(['float32', 'float64', 'bfloat16']);

/** Makes the values of descriptions (`values.mjs`) with the addon itself. */
export class Materialiser {
  constructor(native, foreign) {
    this.native = native;
    this.foreign = foreign;
    this.junk = junkMakers(native);
  }

  /** Arguments of one call; the tensors belong to the scope that is open. */
  args(call) {
    this.base = call.base;
    this.made = [];
    const values = [];
    for (const description of call.args) values.push(this.value(description, values));
    return values;
  }

  value(description, before) {
    if (Array.isArray(description)) {
      const values = [];
      for (const item of description) values.push(this.value(item, [...before, values]));
      return values;
    }
    if (description === null || typeof description !== 'object') return description;
    if ('tensor' in description) return this.remember(this.tensor(description.tensor));
    if ('boxed' in description) return { handle: this.value(description.boxed, before) };
    if ('alias' in description) {
      const { made } = this;
      if (made.length > 0) return made[description.alias % made.length];
      return this.remember(this.native.ones([2, 3], 'float32', 'cpu'));
    }
    if ('exotic' in description) return this.remember(this.exotic(description));
    if ('disposed' in description) {
      const handle = this.native.ones([2], 'float32', 'cpu');
      this.native.release(handle);
      return handle;
    }
    if ('foreign' in description) return this.foreign[description.foreign % this.foreign.length];
    if ('junk' in description) return this.junk[description.junk]();
    if ('spoiler' in description) return spoilers(this.native, [...before], description.spoiler);
    if ('bytes' in description) return new Uint8Array(description.bytes);
    throw new Error(`no value is described by ${JSON.stringify(description)}`);
  }

  remember(handle) {
    this.made.push(handle);
    return handle;
  }

  shape(asked) {
    const { shape } = this.base;
    if (asked === 'base') return shape;
    if (asked === 'ones') return shape.map((size, i) => (i % 2 === 0 ? 1 : size));
    if (asked === 'tail') return shape.slice(1);
    return asked;
  }

  tensor({ shape: asked, dtype: wanted, form, grad, below }) {
    const { native } = this;
    const shape = this.shape(asked);
    const dtype = wanted === 'base' ? this.base.dtype : wanted;
    let handle = this.laidOut(shape, dtype, form, below);
    if (!real.has(dtype) || grad === undefined || grad === 'none') return handle;
    handle = native.detach(handle);
    native.requiresGrad_(handle, true);
    if (grad === 'leaf') return handle;
    const computed = native.mulScalar(handle, 0.5);
    if (grad === 'finished') {
      const wasOn = native.setGradEnabled(true);
      const result = native.sum(native.exp(computed), undefined, false);
      if (native.requiresGrad(result)) native.backward(result, undefined, false, false);
      native.setGradEnabled(wasOn);
      return native.requiresGrad(handle) ? handle : computed;
    }
    return computed;
  }

  /** What {exotic} is, of a shape or of the call's. */
  exotic({ exotic, shape = this.base.shape }) {
    const { native } = this;
    const handle = native.randn(shape, 'float32', 'cpu', 1);
    const call = (name, ...args) => native.call(`aten::${name}`, [{ handle }, ...args]).handle;
    if (exotic === 'negative') return call('_neg_view');
    if (exotic !== 'conjugate') return call('to.dtype', scalarTypes[exotic]);
    const complex = { handle: call('to.dtype', scalarTypes.complex64) };
    return native.call('aten::_conj', [complex]).handle;
  }

  laidOut(shape, dtype, form, below) {
    const { native } = this;
    const last = shape.length - 1;
    const fresh = (sizes) =>
      real.has(dtype)
        ? native.randn(sizes, dtype, 'cpu', 1)
        : native.randint(
            0,
            dtype === 'bool' ? 2 : Math.min(below ?? 3, 255),
            sizes,
            dtype,
            'cpu',
            1,
          );
    if (form === 'channelsLast' && shape.length === 4) {
      return native.contiguous(fresh(shape), 'channelsLast');
    }
    if (shape.length === 0) return fresh(shape);
    switch (form) {
      case 'transposed': {
        const turned = [...shape];
        [turned[0], turned[last]] = [shape[last], shape[0]];
        return native.transpose(fresh(turned), 0, last);
      }
      case 'strided': {
        const wide = shape.with(last, shape[last] * 2);
        return native.slice(fresh(wide), last, 0, undefined, 2);
      }
      case 'offset': {
        const long = shape.with(0, shape[0] + 1);
        return native.narrow(fresh(long), 0, 1, shape[0]);
      }
      case 'expanded': {
        const thin = shape.with(last, 1);
        return native.expand(fresh(thin), shape);
      }
      default:
        return fresh(shape);
    }
  }
}
