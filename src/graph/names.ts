import { unexpected } from '../errors/check.ts';
import { EnasTorchError } from '../errors/error.ts';
import type { Buffer, Parameter } from './graph.ts';
import { sameInit } from './init.ts';
import { type Shape, sameShape, showShape } from './shape.ts';

/** The names of a graph under construction: its scope, its nodes, the parameters they share. */
export class Names {
  #prefix = '';
  readonly #nodes = new Set<string>();
  readonly #buffers: Buffer[] = [];
  readonly #parameters = new Map<
    string,
    { readonly parameter: Parameter; readonly node: string }
  >();

  within<T>(name: string, make: () => T): T {
    const outer = this.#prefix;
    this.#prefix = `${this.path(name)}/`;
    try {
      return make();
    } finally {
      this.#prefix = outer;
    }
  }

  path(name: string): string {
    return this.#prefix + name;
  }

  /** A name for a new node: the one asked for, which must be free, or a numbered one made from `op`. */
  node(asked: string | undefined, op: string): string {
    if (asked === '') throw unexpected(`${op} name`, 'a name', asked);
    let name = this.path(asked ?? op);
    if (this.#nodes.has(name)) {
      if (asked !== undefined) {
        const message = `${name} (${op}): expected a name of its own, got one that another node has; share parameters by naming them`;
        throw new EnasTorchError('ERR_ARCHITECTURE', message);
      }
      for (let number = 2; this.#nodes.has(name); number++) name = `${this.path(op)}-${number}`;
    }
    this.#nodes.add(name);
    return name;
  }

  /** Takes note that `node` reads a parameter; returns its name. */
  parameter(node: string, parameter: Parameter): string {
    const { name, shape, init } = parameter;
    const known = this.#parameters.get(name);
    if (known === undefined) {
      this.#parameters.set(name, {
        parameter: Object.freeze({ name, shape: frozen(shape), init }),
        node,
      });
    } else if (!sameShape(known.parameter.shape, shape)) {
      const message = `${node}: expected parameter ${name} to be ${showShape(known.parameter.shape)} as in ${known.node}, got ${showShape(shape)}`;
      throw new EnasTorchError('ERR_ARCHITECTURE', message);
    } else if (!sameInit(known.parameter.init, init)) {
      const message = `${node}: expected parameter ${name} to be initialised as in ${known.node}, ${JSON.stringify(known.parameter.init)}, got ${JSON.stringify(init)}`;
      throw new EnasTorchError('ERR_ARCHITECTURE', message);
    }
    return name;
  }

  buffer(buffer: Buffer): string {
    this.#buffers.push(Object.freeze({ ...buffer, shape: frozen(buffer.shape) }));
    return buffer.name;
  }

  parameters(): Parameter[] {
    return [...this.#parameters.values()].map(({ parameter }) => parameter);
  }

  buffers(): Buffer[] {
    return [...this.#buffers];
  }
}

function frozen(shape: Shape): Shape {
  return Object.freeze([...shape]);
}
