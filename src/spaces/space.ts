import type { ZodType } from 'zod';
import type { Graph } from '../graph/graph.ts';
import type { DataSettings, SearchSettings, TrainSettings } from './settings.ts';

/**
 * One thing the controller decides. Decisions are made in order, one LSTM step each.
 *
 * Attention ('input', 'skips') reads *anchors*: the controller's hidden state at the decision that
 * completed an earlier node (Pham et al. 2018, section 2.1). A node that exists before anything was
 * decided (an image's stem, a cell's two inputs) is a *root*: an LSTM step of its own, which decides
 * nothing, made just before this decision.
 */
export type Decision = {
  /** Path that names the decision: `layer3/op`. */
  readonly name: string;
  /** Nodes that get their anchor from a step of their own, in order, just before this decision. */
  readonly roots?: readonly string[];
  /** The node whose anchor is the hidden state at this decision. */
  readonly anchor?: string;
} & (
  | {
      /** Which of several operators. Decisions with equal `options` share their embedding and softmax. */
      readonly kind: 'op';
      readonly options: readonly string[];
      /** First values of a trainable bias on the logits, one for each option; none by default. */
      readonly bias?: readonly number[];
      /** Added to the logits after temperature and tanh, one for each option; not trained. */
      readonly prior?: readonly number[];
    }
  | {
      /** Which one of the earlier nodes, by attention over their anchors. */
      readonly kind: 'input';
      readonly among: readonly string[];
    }
  | {
      /** Which subset of the earlier nodes, each by itself, by attention over their anchors. */
      readonly kind: 'skips';
      readonly among: readonly string[];
    }
);

/** An index into `options` or `among`; for 'skips' one 0 or 1 for each of `among`. */
export type Choice = number | readonly number[];

/** One choice for each of a space's decisions, in their order. */
export type Choices = readonly Choice[];

/** What the child network is to do, as far as its shapes depend on it. */
export interface ImageTask {
  readonly kind: 'images';
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly classes: number;
}

/** Predicting each token of a text from those before it. */
export interface TextTask {
  readonly kind: 'text';
  /** Number of different tokens. */
  readonly vocabulary: number;
}

export type Task = ImageTask | TextTask;
export type TaskKind = Task['kind'];

/** A textual form of an architecture, to read and to write. */
export interface Format<Arch> {
  readonly name: string;
  readonly description: string;
  /** @throws EnasTorchError ERR_ARCHITECTURE naming what is wrong and where */
  parse(text: string): Arch;
  print(arch: Arch): string;
}

/**
 * A search space: what the controller decides, and what network its choices mean. No tensors.
 * Everything else (controller, search, training, counting, drawing) knows a space by this alone.
 */
export interface Space<Arch = unknown> {
  readonly name: string;
  readonly decisions: readonly Decision[];
  /** Schema of an architecture in its JSON form, as it stands in files and events. */
  readonly archSchema: ZodType<Arch>;
  decode(choices: Choices): Arch;
  /** The inverse of {@link decode}: choices under which the controller gives exactly this architecture. */
  encode(arch: Arch): Choices;
  /**
   * The one of all architectures that mean the same network up to the numbering of its nodes:
   * architectures are equal when these are deeply equal.
   */
  canonical(arch: Arch): Arch;
  /** The sub-graph of the big graph that this architecture is, over the shared parameter names. */
  child(arch: Arch, task: Task): Graph;
  /** The network of this architecture to be trained from scratch. */
  fixed(arch: Arch, task: Task): Graph;
  /** A graph whose parameters are the union of all that any child can name. */
  union(task: Task): Pick<Graph, 'parameters'>;
  readonly formats: Readonly<Record<string, Format<Arch>>>;
  /** The architecture drawn as a complete SVG document. */
  picture(arch: Arch): string;
}

/** A named set of settings and where its values come from. */
export type PresetName = 'quick' | 'paper' | 'authors';

/** Complete settings for one space. */
export interface Preset<Options = unknown> {
  readonly space: Options;
  /** Beside the spec, which is `builtin`, and the limit, which is none. */
  readonly data: Omit<DataSettings, 'spec' | 'trainLimit'>;
  readonly search: SearchSettings;
  readonly train: TrainSettings;
  /**
   * Where each value comes from: a path of the configuration such as `search.omega.batch` (or the
   * path of an object, for all in it that has no entry of its own) to paper section, file of the
   * released code, or reason.
   */
  readonly sources: Readonly<Record<string, string>>;
}

/** How a space is made from options; one for each folder of `spaces/`, listed in `spaces/registry.ts`. */
export interface SpaceDefinition<Options = unknown, Arch = unknown> {
  readonly name: string;
  readonly summary: string;
  /** What its networks do. */
  readonly task: TaskKind;
  /** Strict schema: unknown keys are errors. Every key has a default. */
  readonly optionsSchema: ZodType<Options>;
  readonly presets: Readonly<Record<PresetName, Preset<Options>>>;
  create(options: Options): Space<Arch>;
}
