import { checkInteger, checkOneOf, unexpected } from '../errors/check.ts';
import { EnasTorchError } from '../errors/error.ts';
import type {
  BatchNormOptions,
  BuildOptions,
  ConcatConvOptions,
  Conv2dOptions,
  DropoutOptions,
  EmbeddingOptions,
  GatesOptions,
  LinearOptions,
  Named,
  Unnamed,
  WindowOptions,
} from './builderOptions.ts';
import type { Attribute, Graph, GraphNode, NodeId, Parameter, State } from './graph.ts';
import type { Init } from './init.ts';
import { Names } from './names.ts';
import type { OpDefinition, ParameterRole } from './operator.ts';
import { type AnyAttributes, definitionOf } from './rules.ts';
import { type Shape, sameShape, showShape } from './shape.ts';
import type { Activation } from './vocabulary/recurrent.ts';
import type { OpName } from './vocabulary.ts';

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

  /** Zeros of the shape of `x`: the sum of no terms. */
  zeros(x: NodeId, options: Unnamed = {}): NodeId {
    return this.#add('zeros', [x], options);
  }

  add(inputs: readonly NodeId[], options: Unnamed = {}): NodeId {
    return this.#add('add', inputs, options);
  }

  /** Mean of inputs of one shape. Of a single input it is that same node. */
  mean(inputs: readonly NodeId[], options: Unnamed = {}): NodeId {
    return inputs.length === 1 ? inputs[0]! : this.#add('mean', inputs, options);
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
  dropout(x: NodeId, options: DropoutOptions): NodeId {
    return this.#add('dropout', [x], options, { variational: false });
  }

  /** Zeroes whole examples in training, with a probability that grows to `p` over the training. */
  dropPath(x: NodeId, options: Unnamed & { readonly p: number }): NodeId {
    return this.#add('dropPath', [x], options);
  }

  /** Affine map of features; with `bias: false` a linear one. */
  linear(x: NodeId, options: LinearOptions): NodeId {
    return this.#add('linear', [x], options, { bias: true });
  }

  /** The features of a token, an input of shape []. */
  embedding(token: NodeId, options: EmbeddingOptions): NodeId {
    return this.#add('embedding', [token], options);
  }

  /** The two linear maps that a {@link highway} unit reads, side by side. */
  gates(x: NodeId, options: GatesOptions): NodeId {
    return this.#add('gates', [x], options);
  }

  /** Highway unit over pre-activations [2H] and, if given, what it carries on [H]. */
  highway(
    z: NodeId,
    options: Unnamed & { readonly activation: Activation; readonly carry?: NodeId },
  ): NodeId {
    const { carry, ...rest } = options;
    return this.#add('highway', carry === undefined ? [z] : [z, carry], rest);
  }

  /**
   * The value that the state of this name had after the last time step. What it is after this one is
   * said to {@link build}.
   */
  state(shape: Shape, options: Named): NodeId {
    return this.#add('state', [], { ...options, shape: [...shape] });
  }

  /** The finished graph, frozen. */
  build(outputs: Readonly<Record<string, NodeId>>, { states = {} }: BuildOptions = {}): Graph {
    for (const [name, id] of Object.entries(outputs)) this.#check(`graph output ${name}`, id);
    return Object.freeze({
      nodes: Object.freeze([...this.#nodes]),
      parameters: Object.freeze(this.#names.parameters()),
      buffers: Object.freeze(this.#names.buffers()),
      states: Object.freeze(this.#states(states)),
      outputs: Object.freeze({ ...outputs }),
    });
  }

  #states(nexts: Readonly<Record<string, NodeId>>): State[] {
    const nodes = [...this.#nodes.entries()].filter(([, { op }]) => op === 'state');
    const names = nodes.map(([, { name }]) => name);
    for (const name of Object.keys(nexts)) checkOneOf('graph states', name, names);
    return nodes.map(([input, { name, shape }]) => {
      const next = nexts[name];
      if (next === undefined) {
        throw refusal(name, 'state', 'to be given its next value', 'none');
      }
      const got = this.#check(`graph state ${name}`, next).shape;
      if (!sameShape(shape, got)) {
        throw refusal(name, 'state', `a next value of shape ${showShape(shape)}`, showShape(got));
      }
      return Object.freeze({ name, input, next });
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

function isWeight({ shape }: ParameterRole): boolean {
  return shape.length > 1;
}

function refusal(name: string, op: OpName, expected: string, got: string): EnasTorchError {
  return new EnasTorchError(
    'ERR_ARCHITECTURE',
    `${name} (${op}): expected ${expected}, got ${got}`,
  );
}
