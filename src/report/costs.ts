import type { Count, Counts } from '../graph/counts.ts';
import { grouped } from './format.ts';
import { aligned } from './table.ts';

/** What a network costs, apart from what it has for its training only. */
export interface Costs extends Readonly<Count> {
  readonly parts: Counts['parts'];
  /** Of the auxiliary head, if it has one. */
  readonly auxiliary: Readonly<Count> | undefined;
}

export function costsOf({ parameters, multiplyAdds, parts }: Counts): Costs {
  const { auxiliary, ...own } = parts;
  return {
    parameters: parameters - (auxiliary?.parameters ?? 0),
    multiplyAdds: multiplyAdds - (auxiliary?.multiplyAdds ?? 0),
    parts: own,
    auxiliary,
  };
}

/**
 * Costs as a table with a row for each part. A part that multiplies with the parameters of another,
 * as a softmax does that is tied to the embedding, has `tied` for its parameters.
 */
export function costTable(counts: Counts, unit: 'image' | 'token'): string[] {
  const { parts, auxiliary, ...total } = costsOf(counts);
  const rows = [
    ...Object.entries(parts),
    ['total', total] as const,
    ...(auxiliary === undefined ? [] : [['auxiliary (in training only)', auxiliary] as const]),
  ];
  return aligned([
    ['', 'parameters', `multiply-adds per ${unit}`],
    ...rows.map(([part, { parameters, multiplyAdds }]) => [
      part,
      parameters === 0 ? 'tied' : grouped(parameters),
      grouped(multiplyAdds),
    ]),
  ]);
}
