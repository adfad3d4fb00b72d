/** How a parameter gets its first values. */
export type Init =
  /** Normal with standard deviation √(2 / fanIn) (He et al. 2015, equation 10). */
  | { readonly kind: 'he'; readonly fanIn: number }
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number }
  | { readonly kind: 'constant'; readonly value: number };

/** Normal with standard deviation √(2 / fanIn) (He et al. 2015, equation 10). */
export function he(fanIn: number): Init {
  return { kind: 'he', fanIn };
}

/** Uniform in [−range, range). */
export function uniform(range: number): Init {
  return { kind: 'uniform', low: -range, high: range };
}

export function constant(value: number): Init {
  return { kind: 'constant', value };
}

/** Whether two parameters would get their first values from the same distribution. */
export function sameInit(a: Init, b: Init): boolean {
  if (a.kind === 'he') return b.kind === 'he' && a.fanIn === b.fanIn;
  if (a.kind === 'constant') return b.kind === 'constant' && a.value === b.value;
  return b.kind === 'uniform' && a.low === b.low && a.high === b.high;
}
