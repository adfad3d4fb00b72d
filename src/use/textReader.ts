import { executeOverTime } from '../graph/overTime.ts';
import { type NamedStates, zeroStates } from '../learning/states.ts';
import * as torch from '../torch/index.ts';
import type { TextModel } from '../train/model.ts';
import { checkFinite } from './finite.ts';

/** A trained network reading a text token by token, its states carried from one to the next. */
export class TextReader {
  readonly #model: TextModel;
  #states: NamedStates;

  constructor(model: TextModel) {
    const { nodes, states } = model.network.graph;
    const shapes = states.map(({ name, input }) => [name, nodes[input]!.shape] as const);
    this.#model = model;
    this.#states = zeroStates(Object.fromEntries(shapes), 1, model.device);
  }

  /**
   * Reads a token.
   *
   * @returns the logits of the one after it
   * @throws EnasTorchError ERR_RUN when they are not finite
   */
  read(token: number): Float64Array {
    const { run, network, device } = this.#model;
    const { graph, lookup, dtype } = network;
    const { logits, states } = torch.scope(() =>
      torch.noGrad(() => {
        const input = torch.tensor([[token]], { dtype: 'int64', device });
        const options = { lookup, dtype, training: false, outputs: ['logits'] };
        const { outputs, states } = executeOverTime(graph, input, this.#states, options);
        const logits = outputs.logits!.to({ dtype: 'float64' }).toTypedArray() as Float64Array;
        return { logits, states };
      }),
    );
    this.dispose();
    this.#states = states;
    checkFinite(run, logits);
    return logits;
  }

  /** Releases the states. */
  dispose(): void {
    for (const state of Object.values(this.#states)) state.dispose();
  }
}
