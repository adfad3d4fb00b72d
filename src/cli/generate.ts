import { setImmediate } from 'node:timers/promises';
import { Command } from 'commander';
import { checkInteger, unexpected } from '../errors/check.ts';
import { write } from '../report/output.ts';
import { RunningText } from '../report/runningText.ts';
import type { AskedPrecision } from '../run/precision.ts';
import { trainedRun } from '../run/trainedRun.ts';
import type { GenerateOptions } from '../use/generate.ts';
import { checkModelKind } from '../use/modelKind.ts';
import { readPrompt } from '../use/prompt.ts';
import type { Host } from './host.ts';
import { deviceOption, numeric, precisionOption } from './options.ts';

interface GenerateCommandOptions {
  readonly prompt: string;
  readonly tokens: unknown;
  readonly temperature: unknown;
  readonly topK?: unknown;
  readonly seed: unknown;
  readonly device?: string;
  readonly precision?: AskedPrecision;
  readonly json?: boolean;
}

/** `enas-torch generate`: text from a trained network. */
export function generateCommand(host: Host): Command {
  return new Command('generate')
    .description('generate text with a trained network')
    .argument('<run>', 'folder of the run that trained it')
    .option('--prompt <text>', 'text to go on with; none = begin a sentence', '')
    .option('--tokens <n>', 'words to generate', numeric, 100)
    .option('--temperature <t>', 'logits are divided by it; 0 = the most probable', numeric, 1)
    .option('--top-k <k>', 'choose among the k most probable words (default: all)', numeric)
    .option('--seed <n>', 'of the draws', numeric, 1)
    .addOption(deviceOption('"auto"'))
    .addOption(precisionOption('"fp32"'))
    .option('--json', 'print one JSON object, at the end')
    .addHelpText(
      'after',
      `
Words that the network's vocabulary lacks are read as <unk>. One seed gives one text.

Examples:
  $ enas-torch generate runs/text --prompt "the company said"
  $ enas-torch generate runs/text --tokens 40 --temperature 0.7 --top-k 20 --seed 3`,
    )
    .action((run: string, options: GenerateCommandOptions) => runGenerate(host, run, options));
}

async function runGenerate(
  host: Host,
  run: string,
  options: GenerateCommandOptions,
): Promise<void> {
  const { prompt: text, device, precision } = options;
  const sampling = samplingOf(options);
  // Before the addon is loaded: a wrong folder is said at once.
  trainedRun(run);
  const { loadModel } = await import('../train/model.ts');
  const { generate } = await import('../use/generate.ts');
  const { reportPrecision } = await import('./reportPrecision.ts');
  const model = await loadModel(run, { device, precision });
  checkModelKind('generate', model, 'text');
  await reportPrecision(host, model);
  const generated = generate(model, { prompt: text, ...sampling });
  const prompt = readPrompt(model.vocabulary, text);
  if (prompt.unknown.length > 0) {
    const words = prompt.unknown.join(', ');
    await write(host.stderr, `warning: not in the vocabulary, read as <unk>: ${words}\n`);
  }
  if (options.json) {
    const words = [...generated];
    const { unknown } = prompt;
    const whole = { prompt: text, unknown, seed: sampling.seed, words, text: runningText(words) };
    await write(host.stdout, `${JSON.stringify(whole)}\n`);
    return;
  }
  await stream(host, prompt.words, generated);
}

function samplingOf(options: GenerateCommandOptions) {
  const { temperature } = options;
  if (typeof temperature !== 'number' || temperature < 0) {
    throw unexpected('--temperature', 'a number of at least 0', temperature);
  }
  return {
    tokens: checkInteger('--tokens', options.tokens, 1),
    temperature,
    seed: checkInteger('--seed', options.seed, 0),
    ...(options.topK !== undefined && { topK: checkInteger('--top-k', options.topK, 1) }),
  } satisfies GenerateOptions;
}

/** Writes the prompt, and each word as soon as it is there. */
async function stream(
  { stdout }: Host,
  prompt: readonly string[],
  words: Iterable<string>,
): Promise<void> {
  const text = new RunningText();
  await write(stdout, prompt.map((word) => text.next(word)).join(''));
  for (const word of words) {
    // A reader that has gone away wants no more words.
    if (stdout.destroyed || stdout.writable === false) return;
    await write(stdout, text.next(word));
    await setImmediate();
  }
  if (!text.atLineStart) await write(stdout, '\n');
}

function runningText(words: readonly string[]): string {
  const text = new RunningText();
  return words.map((word) => text.next(word)).join('');
}
