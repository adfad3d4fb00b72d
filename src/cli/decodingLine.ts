import type { LoadProgress } from '../data/load.ts';
import { rate } from '../report/format.ts';
import type { Host } from './host.ts';
import { meter } from './meter.ts';
import { ProgressLine } from './progressLine.ts';

/** Shows how far the decoding of image files is; nothing where there is none to do. */
export class DecodingLine {
  readonly #line: ProgressLine;
  readonly #rateOf = meter();

  constructor(host: Host) {
    this.#line = new ProgressLine(host);
  }

  /** For the data set's loader. The last image ends the line. */
  readonly onProgress: LoadProgress = (done, total) => {
    const speed = rate(this.#rateOf(done));
    this.#line.show(done / total, `decoding images: ${done} of ${total}, ${speed}/s`);
    if (done === total) this.#line.end();
  };

  /** Leaves the line, where the loading failed in the middle of it. */
  async end(): Promise<void> {
    await this.#line.end();
  }
}
