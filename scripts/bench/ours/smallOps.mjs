/**
 * Small operations as they are timed in this process: in scopes of ten operations, which release every
 * result at their end.
 */

/** Operations in one scope. */
export const perScope = 10;

/** @param {typeof import('../../../src/torch/index.ts')} torch */
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
    number: () => {
      for (let i = 0; i < perScope; i++) x.mul(2);
    },
    chain: () => {
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
    },
  };
}

/** Nanoseconds for one scope. */
export function time(torch, body, scopes) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < scopes; i++) torch.scope(body);
  return Number(process.hrtime.bigint() - start) / scopes;
}
