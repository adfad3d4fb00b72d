import { Command, Option } from 'commander';
import { checkOneOf } from '../errors/check.ts';
import { costsOf } from '../report/costs.ts';
import { evalReport } from '../report/evalReport.ts';
import { write } from '../report/output.ts';
import type { AskedPrecision } from '../run/precision.ts';
import { trainedRun } from '../run/trainedRun.ts';
import type { Evaluated } from '../train/evaluateRun.ts';
import { DecodingLine } from './decodingLine.ts';
import { Interrupted } from './exit.ts';
import type { Host } from './host.ts';
import { Interrupts } from './interrupts.ts';
import { deviceOption, precisionOption } from './options.ts';

interface EvalOptions {
  readonly split: 'valid' | 'test';
  readonly data?: string;
  readonly device?: string;
  readonly precision?: AskedPrecision;
  readonly json?: boolean;
}

/** `enas-torch eval`: how well a trained network does, and what it costs. */
export function evalCommand(host: Host): Command {
  return new Command('eval')
    .description('accuracy by class, or perplexity, and size of a trained network')
    .argument('<run>', 'folder of the run that trained it')
    .addOption(
      new Option('--split <split>', 'test or valid')
        .default('test')
        .argParser((value) => checkOneOf('--split', value, ['test', 'valid'])),
    )
    .option('--data <set>', "another data set of the same kind (default: the run's)")
    .addOption(deviceOption('"auto"'))
    .addOption(precisionOption('"fp32"'))
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  $ enas-torch eval runs/first
  $ enas-torch eval runs/first --split valid --json`,
    )
    .action((run: string, options: EvalOptions) => runEval(host, run, options));
}

async function runEval(host: Host, run: string, options: EvalOptions): Promise<void> {
  // Before the addon is loaded: a wrong folder is said at once.
  trainedRun(run);
  const interrupts = new Interrupts(() => {});
  const decoding = new DecodingLine(host);
  try {
    const { evaluateRun } = await import('../train/evaluateRun.ts');
    const { warnOfEmulation } = await import('./reportPrecision.ts');
    const evaluated = await evaluateRun(run, {
      ...options,
      signal: interrupts.signal,
      onModel: (model) => warnOfEmulation(host, model),
      onDataProgress: decoding.onProgress,
    });
    await write(host.stdout, options.json ? asJson(evaluated) : evalReport(evaluated));
  } catch (error) {
    throw interrupts.signal.aborted ? new Interrupted(interrupts.exitCode) : error;
  } finally {
    interrupts.stop();
    await decoding.end();
  }
}

function asJson({ evaluation, counts: counted, ...said }: Evaluated): string {
  const { parameters, multiplyAdds, parts, auxiliary } = costsOf(counted);
  return `${JSON.stringify({
    ...said,
    ...evaluation,
    parameters,
    auxiliaryParameters: auxiliary?.parameters ?? 0,
    multiplyAdds,
    parts,
  })}\n`;
}
