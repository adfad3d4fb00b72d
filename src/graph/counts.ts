import type { Graph } from './graph.ts';
import { liveNodes } from './live.ts';
import { multiplyAddsOf } from './rules.ts';
import { elements } from './shape.ts';

export interface Count {
  /** Trainable numbers. Running statistics are not trainable. */
  parameters: number;
  /** Multiply-adds of one forward pass of one example. */
  multiplyAdds: number;
}

export interface Counts extends Readonly<Count> {
  /** The same by part of the network, in the order of its nodes; parts that have neither are left out. */
  readonly parts: Readonly<Record<string, Readonly<Count>>>;
}

/**
 * What a network costs. Parameters are counted over all its nodes, those no output depends on too;
 * a parameter that several nodes read counts once, under the first. Multiply-adds are counted over
 * the nodes that are executed, and are those of convolutions and matrix products.
 */
export function counts(graph: Graph): Counts {
  const live = liveNodes(graph);
  const shapes = new Map(graph.parameters.map(({ name, shape }) => [name, shape]));
  const counted = new Set<string>();
  const parts = new Map<string, Count>();
  const total: Count = { parameters: 0, multiplyAdds: 0 };

  graph.nodes.forEach((node, id) => {
    let parameters = 0;
    for (const name of node.params) {
      if (counted.has(name)) continue;
      counted.add(name);
      parameters += elements(shapes.get(name)!);
    }
    const multiplyAdds = live.has(id) ? multiplyAddsOf(graph, node) : 0;
    if (parameters === 0 && multiplyAdds === 0) return;
    const part = parts.get(node.part) ?? { parameters: 0, multiplyAdds: 0 };
    parts.set(node.part, part);
    for (const count of [part, total]) {
      count.parameters += parameters;
      count.multiplyAdds += multiplyAdds;
    }
  });
  return { ...total, parts: Object.fromEntries(parts) };
}
