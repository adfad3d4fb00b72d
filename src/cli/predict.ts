import { Command } from 'commander';
import { findImages } from '../data/findImages.ts';
import { checkInteger } from '../errors/check.ts';
import { EnasTorchError } from '../errors/error.ts';
import { percent } from '../report/format.ts';
import { write } from '../report/output.ts';
import type { AskedPrecision } from '../run/precision.ts';
import { trainedRun } from '../run/trainedRun.ts';
import type { ClassProbability } from '../use/classify.ts';
import { checkModelKind } from '../use/modelKind.ts';
import type { Host } from './host.ts';
import { deviceOption, numeric, precisionOption } from './options.ts';

interface PredictCommandOptions {
  readonly top: unknown;
  readonly batch: unknown;
  readonly device?: string;
  readonly precision?: AskedPrecision;
  readonly json?: boolean;
}

/** `enas-torch predict`: what a trained network takes images for. */
export function predictCommand(host: Host): Command {
  return new Command('predict')
    .description('classify images with a trained network')
    .argument('<run>', 'folder of the run that trained it')
    .argument('<image...>', 'image files, and folders to look for image files in')
    .option('--top <k>', 'show the k most probable classes', numeric, 1)
    .option('--batch <n>', 'images to read and classify at a time', numeric, 64)
    .addOption(deviceOption('"auto"'))
    .addOption(precisionOption('"fp32"'))
    .option('--json', 'print one JSON object a line')
    .addHelpText(
      'after',
      `
Images are brought to the size of those the network was trained on. One that cannot be read is
named on standard error; the others are classified all the same, and the exit code is 1.

Examples:
  $ enas-torch predict runs/first photo.jpg
  $ enas-torch predict runs/first photos --top 3
  $ enas-torch predict runs/first photos --json > predictions.jsonl`,
    )
    .action((run: string, paths: string[], options: PredictCommandOptions) =>
      runPredict(host, run, paths, options),
    );
}

async function runPredict(
  host: Host,
  run: string,
  paths: readonly string[],
  { device, precision, json = false, ...options }: PredictCommandOptions,
): Promise<void> {
  const top = checkInteger('--top', options.top, 1);
  const batch = checkInteger('--batch', options.batch, 1);
  // Before the addon is loaded: a wrong folder is said at once.
  trainedRun(run);
  const { loadModel } = await import('../train/model.ts');
  const { classifyFiles } = await import('../use/classifyFiles.ts');
  const { reportPrecision } = await import('./reportPrecision.ts');
  const model = await loadModel(run, { device, precision });
  checkModelKind('predict', model, 'images');
  await reportPrecision(host, model);
  const files = await findImages(paths);
  const line = json ? jsonLine : rowsFor(files, model.classes);
  let broken = 0;
  for await (const prediction of classifyFiles(model, files, { top, batch })) {
    const { file } = prediction;
    if ('error' in prediction) {
      broken++;
      await write(host.stderr, `error: ${prediction.error.message}\n`);
    } else await write(host.stdout, line(file, prediction.classes));
  }
  if (broken === 0) return;
  const others = broken < files.length ? '; the others are classified' : '';
  throw new EnasTorchError(
    'ERR_DATA',
    `${broken} of ${files.length} images cannot be read${others}`,
  );
}

function jsonLine(file: string, top: readonly ClassProbability[]): string {
  return `${JSON.stringify({ file, ...top[0], top })}\n`;
}

/** A row of a table of all files: each is written as soon as it is known. */
function rowsFor(files: readonly string[], classes: readonly string[]) {
  const [fileWidth, classWidth] = [widest(files), widest(classes)];
  return (file: string, top: readonly ClassProbability[]): string => {
    const cells = top.map(
      (one) => `${pad(one.class, classWidth)}  ${percent(one.probability).padStart(7)}`,
    );
    return `${[pad(file, fileWidth), ...cells].join('  ')}\n`;
  };
}

const widest = (texts: readonly string[]) =>
  texts.reduce((width, text) => Math.max(width, [...text].length), 0);

const pad = (text: string, width: number) => text + ' '.repeat(width - [...text].length);
