import type { Init } from './init.ts';
import type { Shape } from './shape.ts';
import type { OpName } from './vocabulary.ts';

/** Index of a node in {@link Graph.nodes}. */
export type NodeId = number;

/** What an operator's attributes may be: JSON, so that a graph can be written down and hashed. */
export type Attribute = number | string | boolean | readonly number[];

/**
 * One operator applied to earlier nodes. Plain data: no tensor, no function.
 * What each operator means is in `vocabulary.ts`.
 */
export interface GraphNode {
  readonly op: OpName;
  /**
   * Path that names the node in errors and pictures, unique in its graph: `layer3/conv3x3/conv`.
   * What a node draws at random (dropout) is drawn from a stream of this name.
   */
  readonly name: string;
  /** The part of the network under which it is counted: `ops`, `skip`, `stem`. */
  readonly part: string;
  readonly inputs: readonly NodeId[];
  /** Names of the parameters it reads, in the order the vocabulary gives for its operator. */
  readonly params: readonly string[];
  /** Names of the running statistics it reads and, in training, updates; in the vocabulary's order. */
  readonly buffers: readonly string[];
  /** The operator's attributes, complete: `AttributesOf<op>` of the vocabulary. */
  readonly attrs: Readonly<Record<string, Attribute>>;
  /** Shape of one example, without the batch: `[C, H, W]` for a feature map, `[F]` for features. */
  readonly shape: Shape;
}

/** A trainable array a graph refers to by name; the values live elsewhere. */
export interface Parameter {
  readonly name: string;
  readonly shape: Shape;
  readonly init: Init;
}

/** A running statistic (not trained): the mean or variance a batch-norm keeps for evaluation. */
export interface Buffer {
  readonly name: string;
  readonly shape: Shape;
  readonly value: number;
}

/** What a recurrent network hands from one time step to the next. */
export interface State {
  readonly name: string;
  /** The node (of operator `state`) that is its value of the last time step. */
  readonly input: NodeId;
  /** The node that is its value of this time step. */
  readonly next: NodeId;
}

/**
 * A network as data; a recurrent one as one time step (`overTime.ts` runs it over many). Nodes are in
 * topological order: every input's index is below the node's own.
 * A node that no output depends on is legal (a fixed network of the authors has some); it owns its
 * parameters but is never executed.
 */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly parameters: readonly Parameter[];
  readonly buffers: readonly Buffer[];
  /** Empty where the network is not recurrent. */
  readonly states: readonly State[];
  /**
   * Named results: `logits`; for some fixed image networks `auxiliary`; for text `hidden`, see
   * spaces/recurrent.
   */
  readonly outputs: Readonly<Record<string, NodeId>>;
}
