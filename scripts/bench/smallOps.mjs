/**
 * The small operations of `ops.mjs`, as they are timed in this process: every tensor made in a round
 * of operations is released at the end of the round's scope.
 */

/** Operations in one scope; a training step has some hundreds. */
const perScope = 100;

/** @param {typeof import('../../src/torch/index.ts')} torch */
export function smallOps(torch) {
  const x = torch.randn([16, 16], { seed: 1 });
  const y = torch.randn([16, 16], { seed: 2 });
  const flat = torch.randn([256], { seed: 3 });
  return {
    add: () => {
      for (let i = 0; i < perScope; i++) x.add(y);
    },
    relu: () => {
      for (let i = 0; i < perScope; i++) x.relu();
    },
    matmul: () => {
      for (let i = 0; i < perScope; i++) x.matmul(y);
    },
    view: () => {
      for (let i = 0; i < perScope; i++) flat.view([16, 16]);
    },
    chain: () => {
      for (let i = 0; i < perScope; i++) {
        const a = x.add(y);
        const b = a.mul(y);
        const c = b.relu();
        const d = c.sub(x);
        const e = d.tanh();
        const f = e.mul(2);
        const g = f.matmul(y);
        const h = g.transpose(0, 1);
        const k = h.reshape([256]);
        k.sum();
      }
    },
  };
}

/** Nanoseconds for one operation, over at least so many. */
export function time(torch, body, iterations) {
  const rounds = Math.ceil(iterations / perScope);
  const start = process.hrtime.bigint();
  for (let i = 0; i < rounds; i++) torch.scope(body);
  return Number(process.hrtime.bigint() - start) / (rounds * perScope);
}
