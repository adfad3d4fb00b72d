/** Arguments of call(operator, arguments), where tensors come boxed. */

const boxed = (d, ...options) => ({ boxed: d.tensor(...options) });
const shape = (d) => d.pick([2, 3], [3, 3], [2, 3, 4, 4], [], [0, 2]);

const operators = {
  'aten::roll': (d) => [boxed(d, shape(d)), [d.int(-5, 5)], [d.int(-1, 1)]],
  'aten::add.Tensor': (d) => [boxed(d, shape(d)), boxed(d, shape(d)), d.pick(1, 2.5)],
  'aten::add.Scalar': (d) => [boxed(d, shape(d)), d.pick(3, 0.5), 1],
  'aten::where.self': (d) => [boxed(d, [2, 3]), boxed(d, [2, 3]), boxed(d, [3])],
  'aten::index.Tensor': (d) => [boxed(d, [3, 4]), [undefined, { boxed: d.indices([2], 4) }]],
  'aten::index_put_': (d) => [boxed(d, [3, 4]), [{ boxed: d.indices([2], 3) }], boxed(d, [2, 4])],
  'aten::cat': (d) => [[boxed(d, [2, 3]), boxed(d, [1, 3])], d.int(-2, 2)],
  'aten::svd': (d) => [boxed(d, shape(d)), d.bool(), d.bool()],
  'aten::linalg_inv': (d) => [boxed(d, shape(d))],
  'aten::linalg_qr': (d) => [boxed(d, shape(d)), d.pick('reduced', 'complete', 'x')],
  'aten::unique_consecutive': (d) => [boxed(d, shape(d)), d.bool(), d.bool(), d.some(0)],
  'aten::topk': (d) => [boxed(d, shape(d)), d.int(-1, 4), -1, d.bool(), d.bool()],
  'aten::median.dim': (d) => [boxed(d, shape(d)), d.int(-1, 2), d.bool()],
  'aten::tril': (d) => [boxed(d, shape(d)), d.pick(0, 2 ** 40, -(2 ** 53))],
  'aten::group_norm': (d) => [boxed(d, [2, 4, 3, 3]), d.int(-1, 4)],
  'aten::layer_norm': (d) => [boxed(d, [2, 4]), [d.int(3, 4)]],
  'aten::upsample_nearest2d': (d) => [boxed(d, [1, 2, 3, 3]), [d.int(0, 5), 4]],
  'aten::gelu': (d) => [boxed(d, shape(d)), d.pick('none', 'tanh', 'x')],
  'aten::to.dtype': (d) => [boxed(d, shape(d)), d.pick('float64', 'int64', 6, 99)],
  'aten::full': (d) => [d.pick([2], [2 ** 40], [-1]), 7, 'float32', 0, 'cpu'],
  'aten::size.int': (d) => [boxed(d, shape(d)), d.int(-3, 3)],
  'aten::equal': (d) => [boxed(d, shape(d)), boxed(d, shape(d))],
  'aten::einsum': (d) => [
    d.pick('ij,jk->ik', 'ij', 'i..,->'),
    [boxed(d, [2, 3]), boxed(d, [3, 2])],
  ],
  'aten::to_sparse': (d) => [boxed(d, shape(d))],
  'aten::to_mkldnn': (d) => [boxed(d, shape(d))],
  'aten::quantize_per_tensor': (d) => [boxed(d, shape(d)), 0.1, 3, 13],
  'aten::_efficientzerotensor': () => [[2, 3], 'float32', 0, 'cpu'],
  'aten::nonsense': () => [],
  'prim::Print': () => [1],
  '': () => [],
};

export const dispatched = {
  call: (d) => {
    const name = d.pick(...Object.keys(operators));
    return [name, operators[name](d)];
  },
};
