import type { NodeId } from './graph.ts';
import type { Init } from './init.ts';

/** A node may go without a name of its own: it is then called after its operator, numbered if need be. */
export interface Unnamed {
  /** Name within the current scope. */
  readonly name?: string;
}

/** A node with parameters has a name, because its parameters are called after it. */
export interface Named {
  /** Name within the current scope, unique in the graph. */
  readonly name: string;
}

/** How a node's weight is called and initialised, where that differs from the operator's own rule. */
export interface Weighted extends Named {
  /** Full name of its weight in the dictionary; `<node>/weight` by default. */
  readonly weight?: string;
  /** First values of its weight; He et al. by default, over all of its inputs. */
  readonly init?: Init;
}

export interface Conv2dOptions extends Weighted {
  readonly out: number;
  readonly kernel: number;
  readonly stride?: number;
  /** (kernel − 1) / 2 by default, which keeps height and width at stride 1. */
  readonly padding?: number;
  readonly groups?: number;
}

export interface WindowOptions extends Unnamed {
  readonly kernel: number;
  readonly stride?: number;
  /** (kernel − 1) / 2 by default, which keeps height and width at stride 1. */
  readonly padding?: number;
}

export interface BatchNormOptions extends Named {
  /** 'batch' by default: see the vocabulary. */
  readonly statistics?: 'batch' | 'running';
  /** 1e-5 by default. */
  readonly eps?: number;
  /** 0.1 by default. */
  readonly momentum?: number;
  /** Full names in the dictionary; `<node>/gamma` and `<node>/beta` by default. */
  readonly gamma?: string;
  readonly beta?: string;
}

export interface ConcatConvOptions extends Named {
  readonly out: number;
  /** Full names of the weights, one for each input; `<node>/weight<i>` by default. */
  readonly weights?: readonly string[];
  /** First values of each weight; He et al. by default, over all the inputs of this node. */
  readonly init?: Init;
}

export interface LinearOptions extends Weighted {
  readonly out: number;
  /** true by default. */
  readonly bias?: boolean;
}

export interface EmbeddingOptions extends Weighted {
  /** Number of different tokens. */
  readonly vocabulary: number;
  /** Features of each. */
  readonly size: number;
}

export interface GatesOptions extends Named {
  /** Features of each of the two maps. */
  readonly out: number;
  /** Full names of the two weights in the dictionary; `<node>/c` and `<node>/h` by default. */
  readonly c?: string;
  readonly h?: string;
  /** First values of both weights; He et al. by default. */
  readonly init?: Init;
}

export interface DropoutOptions extends Unnamed {
  readonly p: number;
  /** Whether one mask holds for all time steps; false by default. */
  readonly variational?: boolean;
}

export interface BuildOptions {
  /** For each state, by its name, the node that is its value of this time step. */
  readonly states?: Readonly<Record<string, NodeId>>;
}
