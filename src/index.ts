/**
 * enas-torch: Efficient Neural Architecture Search (Pham et al. 2018).
 *
 * Importing this loads libtorch. Tensors are in `enas-torch/torch`.
 */
export type { ImageDataset, Split } from './data/dataset.ts';
export { type LoadOptions, loadImages } from './data/load.ts';
export { EnasTorchError, type ErrorCode } from './errors/error.ts';
export type { Graph, GraphNode, Parameter } from './graph/graph.ts';
export { type ConfigSources, type ResolvedConfig, resolveConfig } from './run/config.ts';
export { RunDirectory } from './run/directory.ts';
export type { RunEvent } from './run/events.ts';
export { type DeriveOptions, deriveFromRun } from './search/deriveFromRun.ts';
export { type SampleOptions, sampleArchitectures } from './search/sampleArchs.ts';
export { type SearchOptions, search } from './search/search.ts';
export { findSpace, spaceNames } from './spaces/registry.ts';
export type { Choices, Decision, Space, SpaceDefinition, Task } from './spaces/space.ts';
