import { join } from 'node:path';
import { EnasTorchError } from '../errors/error.ts';
import type { Graph } from '../graph/graph.ts';
import { resolveDevice } from '../learning/device.ts';
import type { Network } from '../learning/learner.ts';
import { activationDType, askedPrecision } from '../learning/precision.ts';
import { type ResolvedConfig, spaceOf } from '../run/config.ts';
import { type ModelInfo, readModelInfo } from '../run/modelInfo.ts';
import type { AskedPrecision, ChosenPrecision } from '../run/precision.ts';
import { runFiles } from '../run/runPath.ts';
import { trainedRun } from '../run/trainedRun.ts';
import type { ImageTask, Task, TextTask } from '../spaces/space.ts';
import type { Device, Tensor } from '../torch/index.ts';
import * as torch from '../torch/index.ts';

interface ModelBase extends ChosenPrecision {
  /** Folder of the run that trained it. */
  readonly run: string;
  readonly config: ResolvedConfig;
  readonly arch: unknown;
  /** Name of the data set that it was trained on. */
  readonly data: string;
  readonly device: Device;
  /** The fixed network and its kept parameters and running statistics; no tensor asks for a gradient. */
  readonly network: Network;
}

/** A trained network that classifies images. */
export interface ImageModel extends ModelBase {
  readonly kind: 'images';
  readonly task: ImageTask;
  readonly classes: readonly string[];
  /** Of each channel, of values scaled to [0, 1]: images are standardised by them. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** A trained network that predicts the next token of a text. */
export interface TextModel extends ModelBase {
  readonly kind: 'text';
  readonly task: TextTask;
  /** The types; a token is an index into them. */
  readonly vocabulary: readonly string[];
}

export type Model = ImageModel | TextModel;

export interface LoadModelOptions {
  /** `auto` (the default), `cpu`, `cuda` or `cuda:<index>`. */
  readonly device?: string | undefined;
  /** What activations are computed in: `fp32` (the default), `bf16` or `auto`. */
  readonly precision?: AskedPrecision | undefined;
}

/** A trained network says the same on every machine, unless it is asked otherwise. */
const judgedIn: ChosenPrecision = { precision: 'fp32', precisionReason: 'default' };

/**
 * The network that a run has trained, with the parameters it has kept so far.
 *
 * @param run folder of a training, or of a search with one in `train/`
 * @throws EnasTorchError ERR_RUN when nothing is trained there yet or its files are damaged;
 *   ERR_DEVICE when the device is not there; ERR_ARGUMENT for what is no precision
 */
export async function loadModel(
  run: string,
  { device: asked = 'auto', precision }: LoadModelOptions = {},
): Promise<Model> {
  const path = trainedRun(run);
  const info = readModelInfo(join(path, runFiles.modelInfo));
  const device = resolveDevice(asked);
  const chosen = askedPrecision('loadModel: precision', precision, device) ?? judgedIn;
  const { config, data } = info;
  const task = taskOf(info);
  const graph = spaceOf(config).fixed(config.arch, task);
  const lookup = readParameters(join(path, runFiles.model), graph, device);
  const network = { graph, lookup, dtype: activationDType(chosen.precision) };
  const base = { run: path, config, arch: config.arch, data, device, ...chosen, network };
  if (info.kind === 'text') {
    const { kind, vocabulary } = info;
    return { kind, ...base, task: task as TextTask, vocabulary };
  }
  const { kind, classes, mean, std } = info;
  return { kind, ...base, task: task as ImageTask, classes, mean, std };
}

function taskOf(info: ModelInfo): Task {
  if (info.kind === 'text') return { kind: 'text', vocabulary: info.vocabulary.length };
  const { kind, channels, height, width, classes } = info;
  return { kind, channels, height, width, classes: classes.length };
}

/** The file must hold what the graph names and nothing else, in its shapes. */
function readParameters(
  file: string,
  { parameters, buffers }: Graph,
  device: Device,
): (name: string) => Tensor {
  const { tensors } = torch.loadSafetensors(file, { device });
  const wanted = new Map([...parameters, ...buffers].map(({ name, shape }) => [name, shape]));
  for (const name of new Set([...wanted.keys(), ...Object.keys(tensors)])) {
    const [expected, got] = [wanted.get(name), tensors[name]?.shape];
    if (String(expected) === String(got)) continue;
    const shown = (shape?: readonly number[]) => (shape === undefined ? 'nothing' : `[${shape}]`);
    throw new EnasTorchError(
      'ERR_RUN',
      `${file}: ${name}: expected ${shown(expected)}, got ${shown(got)}; ` +
        'put back the model.json and model.safetensors of one run',
    );
  }
  const laidOut = new Map(
    Object.entries(tensors).map(([name, tensor]) => [
      name,
      tensor.shape.length === 4 ? tensor.contiguous({ memoryFormat: 'channelsLast' }) : tensor,
    ]),
  );
  return (name) => {
    const tensor = laidOut.get(name);
    if (tensor !== undefined) return tensor;
    throw new EnasTorchError('ERR_ARGUMENT', `expected a parameter of the network, got ${name}`);
  };
}
