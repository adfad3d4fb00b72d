import { checkInteger, checkOneOf, unexpected } from '../errors/check.ts';
import { EnasTorchError } from '../errors/error.ts';
import type { Attribute, Graph, GraphNode, NodeId, Parameter } from './graph.ts';
import type { Init } from './init.ts';
import { Names } from './names.ts';
import { type AnyAttributes, definitionOf } from './rules.ts';
import { type Shape, showShape } from './shape.ts';
import type { OpDefinition, OpName, ParameterRole } from './vocabulary.ts';

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

/**
 * Builds a graph in the field's words. Shapes are inferred at once, so a mistake is reported where it
 * is made, with the node's name.
 *
 * Nodes that name the same parameter share it; it must then have the same shape and the same
 * initialisation in both.
 *
 * @throws EnasTorchError ERR_ARGUMENT for an attribute, ERR_ARCHITECTURE for shapes and names that do not fit
 */
export class GraphBuilder {
  readonly #nodes: GraphNode[] = [];
  readonly #names = new Names();
  #part: string | undefined;

  /** Nodes made by `make` are named under `name/`; scopes nest. Returns what `make` returns. */
  scope<T>(name: string, make: () => T): T {
    return this.#names.within(name, make);
  }

  /**
   * Nodes made by `make` count as this part of the network. Outside of any part a node counts under
   * the first segment of its name.
   */
  part<T>(part: string, make: () => T): T {
    const outer = this.#part;
    this.#part = part;
    try {
      return make();
    } finally {
      this.#part = outer;
    }
  }

  /** The full name that `name` has in the current scope. */
  path(name: string): string {
    return this.#names.path(name);
  }

  /** Shape of one example of a node's result. */
  shape(x: NodeId): Shape {
    return this.#check('graph node', x).shape;
  }

  /** Channels of a feature map, or the number of features. */
  channels(x: NodeId): number {
    return this.shape(x)[0]!;
  }

  input(shape: Shape, options: Unnamed = {}): NodeId {
    return this.#add('input', [], { ...options, shape: [...shape] });
  }

  /** 2-d convolution without bias. */
  conv2d(x: NodeId, options: Conv2dOptions): NodeId {
    return this.#add('conv2d', [x], options, { ...samePadding(options), groups: 1 });
  }

  /**
   * 1×1 convolution over the depth-concatenation of `inputs`, whose weight is one parameter for each
   * input.
   */
  concatConv(inputs: readonly NodeId[], options: ConcatConvOptions): NodeId {
    const { weights, ...rest } = options;
    if (weights !== undefined && weights.length !== inputs.length) {
      const expected = `${inputs.length} weights, one for each input`;
      throw refusal(this.path(options.name), 'concatConv', expected, `${weights.length}`);
    }
    const named = (weights ?? []).map((weight, i) => [`weight${i}`, weight]);
    return this.#add('concatConv', inputs, { ...rest, ...Object.fromEntries(named) });
  }

  batchNorm(x: NodeId, options: BatchNormOptions): NodeId {
    return this.#add('batchNorm', [x], options, { statistics: 'batch', eps: 1e-5, momentum: 0.1 });
  }

  /** max(x, 0). Of what is already a ReLU's result it is that same node. */
  relu(x: NodeId, options: Unnamed = {}): NodeId {
    if (this.#nodes[x]?.op === 'relu') return x;
    return this.#add('relu', [x], options);
  }

  add(inputs: readonly NodeId[], options: Unnamed = {}): NodeId {
    return this.#add('add', inputs, options);
  }

  concat(inputs: readonly NodeId[], options: Unnamed = {}): NodeId {
    return this.#add('concat', inputs, options);
  }

  /** Average pooling; zero padding is not counted in the average. */
  avgPool(x: NodeId, options: WindowOptions): NodeId {
    return this.#add('avgPool', [x], options, samePadding(options));
  }

  maxPool(x: NodeId, options: WindowOptions): NodeId {
    return this.#add('maxPool', [x], options, samePadding(options));
  }

  /** Every second pixel from `offset` on: [C, H, W] → [C, ⌈H/2⌉, ⌈W/2⌉]. */
  subsample(x: NodeId, options: Unnamed & { readonly offset: 0 | 1 }): NodeId {
    return this.#add('subsample', [x], options);
  }

  globalAvgPool(x: NodeId, options: Unnamed = {}): NodeId {
    return this.#add('globalAvgPool', [x], options);
  }

  /** Zeroes each element with probability `p` in training. */
  dropout(x: NodeId, options: Unnamed & { readonly p: number }): NodeId {
    return this.#add('dropout', [x], options);
  }

  /** Affine map of features; with `bias: false` a linear one. */
  linear(x: NodeId, options: LinearOptions): NodeId {
    return this.#add('linear', [x], options, { bias: true });
  }

  /** The finished graph, frozen. */
  build(outputs: Readonly<Record<string, NodeId>>): Graph {
    for (const [name, id] of Object.entries(outputs)) this.#check(`graph output ${name}`, id);
    return Object.freeze({
      nodes: Object.freeze([...this.#nodes]),
      parameters: Object.freeze(this.#names.parameters()),
      buffers: Object.freeze(this.#names.buffers()),
      outputs: Object.freeze({ ...outputs }),
    });
  }

  #check(where: string, id: NodeId): GraphNode {
    if (this.#nodes.length === 0) throw unexpected(where, 'a node of this graph', id);
    return this.#nodes[checkInteger(where, id, 0, this.#nodes.length - 1)]!;
  }

  /** `options` hold the node's name, its attributes, names for its parameters, and `init` for its weight. */
  #add(
    op: OpName,
    inputs: readonly NodeId[],
    options: object,
    defaults: AnyAttributes = {},
  ): NodeId {
    const given = options as Given;
    const definition = definitionOf(op);
    const name = this.#names.node(given.name as string | undefined, op);
    const where = `${name} (${op})`;
    const shapes = inputs.map((input, i) => this.#check(`${where} input ${i}`, input).shape);
    const { min, max } = definition.inputs;
    if (inputs.length < min || inputs.length > max) {
      const wanted = min === max ? `${min}` : `at least ${min}`;
      throw refusal(name, op, `${wanted} inputs`, `${inputs.length}`);
    }
    const attrs = attributesOf(where, definition.attributes, given, defaults);
    const shape = definition.shape(shapes, attrs, (expected) => {
      throw refusal(name, op, expected, shapes.map(showShape).join(', '));
    });
    const roles = definition.parameters?.(shapes, attrs) ?? [];
    checkKeys(where, given, attrs, roles);
    const params = roles.map((role) =>
      this.#names.parameter(name, parameterOf(name, role, given, attrs)),
    );
    const buffers = (definition.buffers?.(shapes, attrs) ?? []).map(({ role, shape, value }) =>
      this.#names.buffer({ name: `${name}/${role}`, shape, value }),
    );
    const node: GraphNode = {
      op,
      name,
      part: this.#part ?? name.split('/')[0]!,
      inputs: Object.freeze([...inputs]),
      params: Object.freeze(params),
      buffers: Object.freeze(buffers),
      attrs: Object.freeze(attrs),
      shape: Object.freeze([...shape]),
    };
    return this.#nodes.push(Object.freeze(node)) - 1;
  }
}

/** A node's options, of whatever operator. */
type Given = Readonly<Record<string, unknown>>;

function samePadding({ kernel }: { readonly kernel: number }): AnyAttributes {
  return { stride: 1, padding: (kernel - 1) / 2 };
}

function attributesOf(
  where: string,
  checks: OpDefinition<AnyAttributes>['attributes'],
  given: Given,
  defaults: AnyAttributes,
): AnyAttributes {
  const attrs: Record<string, Attribute> = {};
  for (const [key, check] of Object.entries(checks)) {
    attrs[key] = check(`${where} ${key}`, given[key] ?? defaults[key]);
  }
  return attrs;
}

function parameterOf(
  node: string,
  role: ParameterRole,
  given: Given,
  attrs: AnyAttributes,
): Parameter {
  // linear's option `bias` is an attribute, true or false, and not its bias's name.
  const asked = role.role in attrs ? undefined : (given[role.role] as string | undefined);
  const init = isWeight(role) ? (given.init as Init | undefined) : undefined;
  return { name: asked ?? `${node}/${role.role}`, shape: role.shape, init: init ?? role.init };
}

function checkKeys(
  where: string,
  given: Given,
  attrs: AnyAttributes,
  roles: readonly ParameterRole[],
): void {
  for (const key of Object.keys(given)) {
    if (key === 'name' || key in attrs || roles.some(({ role }) => role === key)) continue;
    if (key === 'init' && roles.some(isWeight)) continue;
    const known = ['name', ...Object.keys(attrs), ...roles.map(({ role }) => role)];
    checkOneOf(`${where} option`, key, known);
  }
}

function isWeight({ role }: ParameterRole): boolean {
  return role.startsWith('weight');
}

function refusal(name: string, op: OpName, expected: string, got: string): EnasTorchError {
  return new EnasTorchError(
    'ERR_ARCHITECTURE',
    `${name} (${op}): expected ${expected}, got ${got}`,
  );
}
