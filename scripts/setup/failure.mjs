/** Something that set-up cannot go on without, and the commands or steps that mend it. */
export class SetupFailure extends Error {
  name = 'SetupFailure';

  /**
   * @param {string} problem one sentence
   * @param {string[]} remedies one line each, the best first
   */
  constructor(problem, remedies) {
    super(problem);
    this.remedies = remedies;
  }
}
