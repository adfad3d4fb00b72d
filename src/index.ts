/**
 * enas-torch: Efficient Neural Architecture Search (Pham et al. 2018).
 *
 * Importing this loads libtorch. Tensors are in `enas-torch/torch`.
 */
export type { ImageDataset, Split } from './data/dataset.ts';
export { type LoadOptions, loadImages } from './data/load.ts';
export { EnasTorchError, type ErrorCode } from './errors/error.ts';
export type { Graph, GraphNode, Parameter } from './graph/graph.ts';
export { type SearchAndTrainOptions, searchAndTrain } from './pipeline/searchAndTrain.ts';
export { type ConfigSources, type ResolvedConfig, resolveConfig } from './run/config.ts';
export { RunDirectory } from './run/directory.ts';
export type { RunEvent } from './run/events.ts';
export { type DeriveOptions, deriveFromRun } from './search/deriveFromRun.ts';
export { type SampleOptions, sampleArchitectures } from './search/sampleArchs.ts';
export { type SearchOptions, search } from './search/search.ts';
export { findSpace, spaceNames } from './spaces/registry.ts';
export type { Choices, Decision, Space, SpaceDefinition, Task } from './spaces/space.ts';
export { type EvaluateOptions, type Evaluation, evaluate } from './train/evaluate.ts';
export {
  type ImageModel,
  type LoadModelOptions,
  loadModel,
  type Model,
  type TextModel,
} from './train/model.ts';
export { type TrainOptions, train } from './train/train.ts';
export { type GenerateOptions, generate } from './use/generate.ts';
export { type ClassProbability, type PredictOptions, predict } from './use/predict.ts';
export { type FilePrediction, predictFiles } from './use/predictFiles.ts';
export { type Prompt, readPrompt } from './use/prompt.ts';
