/**
 * enas-torch: Efficient Neural Architecture Search (Pham et al. 2018).
 *
 * Importing this loads libtorch. Tensors are in `enas-torch/torch`.
 */
export type { ImageDataset, Split } from './data/dataset.ts';
export { type LoadOptions, loadImages } from './data/load.ts';
export { AbortError } from './errors/abortError.ts';
export { EnasTorchError, type ErrorCode } from './errors/error.ts';
export type { Graph, GraphNode, Parameter } from './graph/graph.ts';
export type { CountProgress } from './jobs/countProgress.ts';
export { type EvaluateOptions, evaluate } from './jobs/evaluate.ts';
export type { Job, JobOptions } from './jobs/job.ts';
export { type PredictOptions, predict } from './jobs/predict.ts';
export type { RunJob, RunJobOptions } from './jobs/runJob.ts';
export type { RunProgress } from './jobs/runProgress.ts';
export { search } from './jobs/search.ts';
export { train } from './jobs/train.ts';
export type { EvaluateEvent } from './jobs/work/evaluate.ts';
export type { PredictEvent, Prediction } from './jobs/work/predict.ts';
export type { SearchEvent, SearchResult } from './jobs/work/search.ts';
export type { TrainEvent, TrainedResult } from './jobs/work/train.ts';
export { type SearchAndTrainOptions, searchAndTrain } from './pipeline/searchAndTrain.ts';
export { type ConfigSources, type ResolvedConfig, resolveConfig } from './run/config.ts';
export { RunDirectory, readRunConfig } from './run/directory.ts';
export type { RunEvent } from './run/events.ts';
export { type DeriveOptions, deriveFromRun } from './search/deriveFromRun.ts';
export { type SampleOptions, sampleArchitectures } from './search/sampleArchs.ts';
export { findSpace, spaceNames } from './spaces/registry.ts';
export type { Choices, Decision, Space, SpaceDefinition, Task } from './spaces/space.ts';
export { type ClassScore, type Evaluation, evaluateModel } from './train/evaluateModel.ts';
export type { Evaluated } from './train/evaluateRun.ts';
export {
  type ImageModel,
  type LoadModelOptions,
  loadModel,
  type Model,
  type TextModel,
} from './train/model.ts';
export { type ClassifyOptions, type ClassProbability, classify } from './use/classify.ts';
export { classifyFiles, type FilePrediction } from './use/classifyFiles.ts';
export { type GenerateOptions, generate } from './use/generate.ts';
export { type Prompt, readPrompt } from './use/prompt.ts';
