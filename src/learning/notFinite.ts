/** A number of a search or a training was not finite: its parameters are no longer of use. */
export class NotFinite extends Error {
  override readonly name = 'NotFinite';
  /** What it is a number of. */
  readonly what: string;
  readonly value: number;
  /** ω steps, or steps of a training, since the start of the run. */
  readonly step: number;
  /** The sampled architectures it was computed under; none where that is not one or a few. */
  readonly archs: readonly unknown[];

  constructor(what: string, value: number, step: number, archs: readonly unknown[] = []) {
    super(`the ${what} of step ${step} is ${value}`);
    this.what = what;
    this.value = value;
    this.step = step;
    this.archs = archs;
  }
}
