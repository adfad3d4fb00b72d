import { isDeepStrictEqual } from 'node:util';
import { EnasTorchError } from '../errors/error.ts';
import type { JsonObject } from '../run/overlay.ts';
import type { Space, SpaceDefinition } from '../spaces/space.ts';

/** A space together with the options that it was made from. */
interface Sized {
  readonly space: Space;
  /** Complete. */
  readonly options: JsonObject;
  /** The size that the text was tried with where nothing said it: `{layers: 24}`. */
  readonly size: JsonObject;
}

/** An architecture that a text was read as. */
export interface Reading extends Sized {
  readonly definition: SpaceDefinition;
  readonly format: string;
  readonly arch: unknown;
}

/** How a text is to be read as an architecture of one space. */
export interface Attempt {
  readonly definition: SpaceDefinition;
  readonly text: string;
  /** Complete options of the space with this size in place of the usual one. */
  readonly optionsFor: (size: JsonObject) => JsonObject;
  /** The formats to try; all by default. */
  readonly formats: readonly string[] | undefined;
}

/** The largest size that a text is tried with. */
const largest = 64;

/** What the text is under the usual options: a reading for each format that it fits. */
export function readingsOf(attempt: Attempt): Reading[] {
  return tried(attempt, usual(attempt)).readings;
}

/**
 * What the text is as an architecture of another size: a space's formats read only architectures of
 * the size that its options say (layers, blocks, nodes), so that is varied until the text fits.
 *
 * @param settled options that are said and not to be varied
 */
export function resizedReadingsOf(attempt: Attempt, settled: readonly string[]): Reading[] {
  for (const sized of sizes(attempt, settled)) {
    const { readings } = tried(attempt, sized);
    if (readings.length > 0) return readings;
  }
  return [];
}

/**
 * What is wrong with a text as one format. Most of the sizes it was tried with complain of the size;
 * where one alone complains of something else, that size is the text's, and this is its mistake.
 */
export function complaintOf(attempt: Attempt, format: string, settled: readonly string[]): string {
  const one = { ...attempt, formats: [format] };
  const others = [...sizes(attempt, settled)].flatMap((sized) => tried(one, sized).complaints);
  const kinds = new Map<string, string[]>();
  for (const complaint of others) {
    const kind = complaint.replaceAll(/\d+/g, '#');
    kinds.set(kind, [...(kinds.get(kind) ?? []), complaint]);
  }
  const single = [...kinds.values()].filter((complaints) => complaints.length === 1);
  const odd = kinds.size === 2 && single.length === 1 ? single[0]![0] : undefined;
  return odd ?? tried(one, usual(attempt)).complaints[0]!;
}

function usual({ definition, optionsFor }: Attempt): Sized {
  const options = optionsFor({});
  return { space: definition.create(options), options, size: {} };
}

/** The space in other sizes, by each option that changes what there is to decide. */
function* sizes(attempt: Attempt, settled: readonly string[]): Generator<Sized> {
  const { options, space } = usual(attempt);
  for (const [option, value] of Object.entries(options)) {
    if (!Number.isInteger(value) || settled.includes(option)) continue;
    for (let n = 1; n <= largest; n++) {
      const sized = n === value ? undefined : resized(attempt, { [option]: n });
      if (sized === undefined) continue;
      if (isDeepStrictEqual(sized.space.decisions, space.decisions)) break;
      yield sized;
    }
  }
}

/** The space of a size, if it has that size. */
function resized({ definition, optionsFor }: Attempt, size: JsonObject): Sized | undefined {
  try {
    const options = optionsFor(size);
    return { space: definition.create(options), options, size };
  } catch (error) {
    if (error instanceof EnasTorchError) return undefined;
    throw error;
  }
}

function tried(
  { definition, text, formats }: Attempt,
  sized: Sized,
): { readings: Reading[]; complaints: string[] } {
  const readings: Reading[] = [];
  const complaints: string[] = [];
  for (const format of formats ?? Object.keys(sized.space.formats)) {
    try {
      const arch = sized.space.formats[format]!.parse(text);
      readings.push({ ...sized, definition, format, arch });
    } catch (error) {
      if (!(error instanceof EnasTorchError)) throw error;
      complaints.push(error.message);
    }
  }
  return { readings, complaints };
}
