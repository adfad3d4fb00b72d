import { afterEach, describe, expect, it } from 'vitest';
import type { DType, SimdLevel, Tensor } from '../../../src/torch/index.ts';
import * as torch from '../../../src/torch/index.ts';
import { functional as F } from '../../../src/torch/index.ts';

const activations = ['tanh', 'relu', 'identity', 'sigmoid'] as const;
const levels: readonly SimdLevel[] = ['none', 'avx2', 'avx512', 'avx512bf16'];
const widest = torch.getSimd();

afterEach(() => torch.setSimd(widest));

/** The unit as it is written, in float64, with the gradients of its operands. */
function written(z: Tensor, carry: Tensor | undefined, activation: (typeof activations)[number]) {
  const [gate, candidate] = torch.chunk(z, 2, 1) as [Tensor, Tensor];
  const c = gate.sigmoid();
  const f = activation === 'identity' ? candidate : candidate[activation]();
  const rest = carry === undefined ? undefined : c.neg().add(1).mul(carry);
  return rest === undefined ? c.mul(f) : c.mul(f).add(rest);
}

function expectTheUnit(
  z: Tensor,
  carry: Tensor | undefined,
  activation: (typeof activations)[number],
  within: number,
): void {
  const operands = carry === undefined ? [z] : [z, carry];
  const exact = operands.map((x) => x.detach().to({ dtype: 'float64' }).requiresGrad_());
  for (const x of operands) x.requiresGrad_();
  const ours = F.highway(z, carry === undefined ? { activation } : { activation, carry });
  const theirs = written(exact[0]!, exact[1], activation);
  const weights = torch.randn(ours.shape, { seed: 9, dtype: z.dtype });
  ours.mul(weights).sum().backward();
  theirs
    .mul(weights.to({ dtype: 'float64' }))
    .sum()
    .backward();
  const error = (a: Tensor, b: Tensor) => a.to({ dtype: 'float64' }).sub(b).abs().max().item();
  expect(error(ours, theirs)).toBeLessThan(within);
  operands.forEach((x, i) => {
    const scale = Math.max(1, exact[i]!.grad!.abs().max().item());
    expect(error(x.grad!, exact[i]!.grad!) / scale).toBeLessThan(within);
  });
}

describe.each(levels)('F.highway with vector code %s', (level) => {
  it.each(activations)('is the unit of %s and its gradients', (activation) => {
    torch.setSimd(level);
    const tolerances: [DType, number][] = [
      ['float64', 1e-14],
      ['float32', 2e-6],
      ['bfloat16', 5e-2],
    ];
    for (const [dtype, within] of tolerances) {
      for (const [rows, size] of [
        [1, 1],
        [3, 5],
        [70, 37],
        [130, 64],
      ] as const) {
        torch.scope(() => {
          const z = torch.randn([rows, 2 * size], { seed: 1, dtype }).mul(2);
          const carry = torch.randn([rows, size], { seed: 2, dtype });
          expectTheUnit(z.clone(), undefined, activation, within);
          expectTheUnit(z.clone(), carry, activation, within);
        });
      }
    }
  });

  it('reads rows that do not lie side by side', () => {
    torch.setSimd(level);
    torch.scope(() => {
      const z = torch.randn([12, 7], { seed: 1 }).transpose(0, 1).detach();
      const carry = torch.randn([6, 7], { seed: 2 }).transpose(0, 1).detach();
      expectTheUnit(z, carry, 'tanh', 1e-6);
    });
  });

  it('holds to 1e-6 of σ and tanh where they are steep, flat, and all but zero', () => {
    torch.setSimd(level);
    torch.scope(() => {
      const x = torch.linspace(-30, 30, 6001);
      const small = torch.linspace(-1e-3, 1e-3, 2001);
      for (const values of [x, small]) {
        const column = values.reshape([-1, 1]);
        const z = torch.cat([torch.full(column.shape, 40), column], 1);
        for (const activation of ['tanh', 'sigmoid'] as const) {
          const ours = F.highway(z, { activation }).reshape([-1]).to({ dtype: 'float64' });
          const exact = values.to({ dtype: 'float64' })[activation]();
          const error = ours.sub(exact).abs();
          expect(error.max().item()).toBeLessThan(1e-6);
          const relative = error.div(exact.abs().add(1e-30));
          if (values === small) expect(relative.max().item()).toBeLessThan(1e-6);
        }
      }
    });
  });

  it('hands on what is not a number, and has no overflow', () => {
    torch.setSimd(level);
    torch.scope(() => {
      const z = torch.tensor([
        [Number.NaN, 1, 1, Number.NaN],
        [500, -500, 500, -500],
      ]);
      const carry = torch.tensor([
        [1, 1],
        [2, 3],
      ]);
      const [first, second] = F.highway(z, { activation: 'tanh', carry }).tolist() as number[][];
      expect(first).toEqual([Number.NaN, Number.NaN]);
      expect(second).toEqual([1, 3]);
    });
  });
});

describe('F.highway refuses', () => {
  it('shapes that do not fit and functions it does not know', () => {
    torch.scope(() => {
      const z = torch.zeros([2, 5]);
      expect(() => F.highway(z, { activation: 'tanh' })).toThrow(/expected z \[N, 2H\]/);
      expect(() => F.highway(torch.zeros([4]), { activation: 'tanh' })).toThrow(/\[N, 2H\]/);
      const carry = torch.zeros([2, 3]);
      expect(() => F.highway(torch.zeros([2, 4]), { activation: 'tanh', carry })).toThrow();
      expect(() => F.highway(z, { activation: 'sine' as never })).toThrow(
        'highway: activation: expected one of tanh, relu, identity, sigmoid',
      );
    });
  });
});
