import { refusal } from '../../refusal.ts';

export const dagFormat = 'carpedm20';

/** An edge of the graph: from which key to which target, with what function. */
export interface DagEdge {
  readonly source: string;
  readonly target: number;
  readonly label: string;
  /** Where it stands, for messages: `dag["3"][0]`. */
  readonly where: string;
}

/**
 * The edges of a dag.json: an object with the source node for a key and for a value the list of
 * [target node, function].
 */
export function edgesOf(text: string): readonly DagEdge[] {
  const dag = parsed(text);
  return Object.entries(dag).flatMap(([source, targets]) => {
    const where = `dag["${source}"]`;
    if (!/^(-[12]|0|[1-9]\d*)$/.test(source)) {
      throw refusal(dagFormat, `${where}: expected a key "-2", "-1", "0", "1", …, got "${source}"`);
    }
    if (!Array.isArray(targets)) {
      throw refusal(
        dagFormat,
        `${where}: expected a list of [target, function], got ${shown(targets)}`,
      );
    }
    return targets.map((edge, i) => edgeOf(source, edge, `${where}[${i}]`));
  });
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refusal(dagFormat, `expected JSON, got text that is not: ${(cause as Error).message}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw refusal(dagFormat, `expected an object with the nodes for keys, got ${shown(value)}`);
}

function edgeOf(source: string, edge: unknown, where: string): DagEdge {
  const [target, label] = Array.isArray(edge) && edge.length === 2 ? edge : [];
  if (!Number.isInteger(target) || typeof label !== 'string') {
    throw refusal(dagFormat, `${where}: expected [target node, function], got ${shown(edge)}`);
  }
  return { source, target, label, where };
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
