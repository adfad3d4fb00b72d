import type { ControllerOptions } from '../../src/controller/controller.ts';
import type { Choices, Decision } from '../../src/spaces/space.ts';

type Vector = readonly number[];
type Matrix = readonly Vector[];

/** θ by name, as plain numbers. */
export type Theta = Readonly<Record<string, Matrix>>;

export interface Figures {
  readonly logProb: number;
  readonly entropy: number;
  readonly skipKl: number | null;
}

const sum = (values: Vector) => values.reduce((a, b) => a + b, 0);
const dot = (a: Vector, b: Vector) => sum(a.map((x, i) => x * b[i]!));
const product = (matrix: Matrix, x: Vector) => matrix.map((row) => dot(row, x));
const plus = (a: Vector, b: Vector) => a.map((x, i) => x + b[i]!);
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

function softmax(logits: Vector): Vector {
  const exponentials = logits.map(Math.exp);
  return exponentials.map((x) => x / sum(exponentials));
}

/** A bias is a vector where all else of θ is a matrix. */
function biasOf(theta: Theta, options: readonly string[]): Vector {
  const bias = theta[`bias/${options.join('|')}`] as unknown as Vector | undefined;
  return bias ?? options.map(() => 0);
}

/**
 * The policy for one architecture in float64 and plain loops, written from the paper (Pham et al.
 * 2018, sections 2.1, 2.3 and 3.2), to compare the controller with.
 */
export function reference(
  theta: Theta,
  decisions: readonly Decision[],
  { units, tanhConstant, temperature, opTanhReduce, skipTarget }: ControllerOptions,
  choices: Choices,
): Figures {
  let h: Vector = Array(units).fill(0);
  let c: Vector = Array(units).fill(0);
  const step = (x: Vector) => {
    const gates = plus(product(theta['lstm/ih']!, x), product(theta['lstm/hh']!, h));
    const gate = (k: number, f: (x: number) => number) =>
      gates.slice(k * units, (k + 1) * units).map(f);
    const [input, forget, cell, output] = [
      gate(0, sigmoid),
      gate(1, sigmoid),
      gate(2, Math.tanh),
      gate(3, sigmoid),
    ];
    c = c.map((x, i) => forget[i]! * x + input[i]! * cell[i]!);
    h = c.map((x, i) => output[i]! * Math.tanh(x));
  };
  const start = theta.start![0]!;
  const anchors = new Map<string, Vector>();
  const attention = (anchor: Vector) =>
    dot(
      theta['attention/v']![0]!,
      plus(product(theta['attention/anchor']!, anchor), product(theta['attention/query']!, h)).map(
        Math.tanh,
      ),
    );
  const temper = (logit: number, constant = tanhConstant) =>
    constant === 0 ? logit / temperature : constant * Math.tanh(logit / temperature);

  let [logProb, entropy] = [0, 0];
  const kls: number[] = [];
  const take = (probabilities: Vector, choice: number) => {
    logProb += Math.log(probabilities[choice]!);
    entropy -= sum(probabilities.map((p) => p * Math.log(p)));
  };
  let input = start;
  for (const [i, decision] of decisions.entries()) {
    for (const root of decision.roots ?? []) {
      step(start);
      anchors.set(root, h);
    }
    step(input);
    if (decision.kind === 'op') {
      const options = decision.options.join('|');
      const choice = choices[i] as number;
      const bias = biasOf(theta, decision.options);
      const logits = plus(product(theta[`softmax/${options}`]!, h), bias).map((logit) =>
        temper(logit, tanhConstant / opTanhReduce),
      );
      take(softmax(decision.prior === undefined ? logits : plus(logits, decision.prior)), choice);
      input = theta[`embedding/${options}`]![choice]!;
    } else {
      const among = decision.among.map((name) => anchors.get(name)!);
      const logits = among.map((anchor) => temper(attention(anchor)));
      if (decision.kind === 'input') {
        const choice = choices[i] as number;
        take(softmax(logits), choice);
        input = among[choice]!;
      } else {
        const bits = choices[i] as Vector;
        kls.push(0);
        let total: Vector = Array(units).fill(0);
        for (const [j, bit] of bits.entries()) {
          const [off, on] = softmax([-logits[j]!, logits[j]!]) as [number, number];
          take([off, on], bit);
          kls[kls.length - 1]! +=
            off * Math.log(off / (1 - skipTarget)) + on * Math.log(on / skipTarget);
          if (bit === 1) total = plus(total, among[j]!);
        }
        input = total.map((x) => x / (1 + sum(bits)));
      }
    }
    if (decision.anchor !== undefined) anchors.set(decision.anchor, h);
  }
  return { logProb, entropy, skipKl: kls.length === 0 ? null : sum(kls) / kls.length };
}
