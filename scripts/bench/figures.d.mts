export function median(numbers: readonly number[]): number;
export function mean(numbers: readonly number[]): number;
export function medians(rounds: readonly (readonly number[])[]): number[];
export function timesAsLong(other: readonly number[], own: readonly number[]): number;
export function largestDifference(reference: readonly number[], figures: readonly number[]): number;
export function meanDifference(reference: readonly number[], figures: readonly number[]): number;

/** What {@link gflops} reads of a case and its `spec.json`. */
export interface Counted {
  readonly kind: 'step' | 'reward';
  readonly timed: readonly number[];
  readonly spec: {
    readonly architectures: readonly unknown[];
    readonly multiplyAdds: readonly number[];
    readonly count: number;
  };
}

export function gflops(counted: Counted, seconds: readonly number[]): number;
