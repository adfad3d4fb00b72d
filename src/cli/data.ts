import { Command } from 'commander';
import type { ImageDataset } from '../data/dataset.ts';
import { percent, count as shortCount } from '../report/format.ts';
import { write } from '../report/output.ts';
import { table } from '../report/table.ts';
import { DecodingLine } from './decodingLine.ts';
import type { Host } from './host.ts';
import { meter } from './meter.ts';
import { ProgressLine } from './progressLine.ts';

/** `enas-torch data`: fetching data sets and looking at them. */
export function dataCommand(host: Host): Command {
  return new Command('data')
    .description('fetch a data set, or say what is in one')
    .addCommand(cifar10Command(host))
    .addCommand(infoCommand(host))
    .addHelpText(
      'after',
      `
Examples:
  $ enas-torch data cifar10 data/cifar10
  $ enas-torch data info cifar10:data/cifar10`,
    );
}

function cifar10Command(host: Host): Command {
  return new Command('cifar10')
    .description("download CIFAR-10's binary version (170 MB) and extract it")
    .argument('<folder>', 'where cifar-10-batches-bin/ is put')
    .option('--url <url>', 'another place to get the archive from')
    .addHelpText(
      'after',
      `
A download that was cut short goes on where it stopped. The archive's MD5 is checked.

Example:
  $ enas-torch data cifar10 data/cifar10`,
    )
    .action(async (folder: string, { url }: { readonly url?: string }) => {
      const { cifar10Archive, download } = await import('../data/download.ts');
      const line = new ProgressLine(host);
      const rateOf = meter();
      try {
        const { path, present } = await download(cifar10Archive, folder, {
          url,
          onProgress: (done, total) =>
            line.show(total === null ? null : done / total, transferred(done, total, rateOf(done))),
        });
        await line.end();
        const what = present ? 'is there already' : 'is ready';
        await write(
          host.stdout,
          `CIFAR-10 ${what}: ${path}\nuse it with --data cifar10:${folder}\n`,
        );
      } catch (error) {
        await line.end();
        throw error;
      }
    });
}

function transferred(done: number, total: number | null, perSecond: number): string {
  const of = total === null ? '' : ` of ${shortCount(total)}B, ${percent(done / total)}`;
  return `downloading CIFAR-10: ${shortCount(done)}B${of}, ${shortCount(Math.round(perSecond))}B/s`;
}

function infoCommand(host: Host): Command {
  return new Command('info')
    .description("a data set's classes, sizes, mean and standard deviation")
    .argument('<set>', 'builtin, cifar10:<folder> or images:<folder>')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  $ enas-torch data info builtin
  $ enas-torch data info images:photos --json`,
    )
    .action(async (spec: string, { json = false }: { readonly json?: boolean }) => {
      const { loadImages } = await import('../data/load.ts');
      const line = new DecodingLine(host);
      let dataset: ImageDataset;
      try {
        dataset = await loadImages(spec, { onProgress: line.onProgress });
      } finally {
        await line.end();
      }
      await write(host.stdout, json ? `${JSON.stringify(summary(dataset))}\n` : describe(dataset));
    });
}

function summary(dataset: ImageDataset) {
  const { name, classes, channels, height, width, mean, std, fingerprint } = dataset;
  const [train, valid, test] = (['train', 'valid', 'test'] as const).map((split) =>
    dataset[split].labels.numel(),
  );
  return {
    name,
    images: { train, valid, test },
    classes,
    channels,
    height,
    width,
    mean,
    std,
    fingerprint,
  };
}

function describe(dataset: ImageDataset): string {
  const { name, images, classes, channels, height, width, mean, std, fingerprint } =
    summary(dataset);
  const numbers = (values: readonly number[]) => values.map((value) => value.toFixed(4)).join(' ');
  const shown = classes.length > 20 ? [...classes.slice(0, 20), '…'] : classes;
  const lines = table([
    ['name', name],
    ['images', `${images.train} train, ${images.valid} valid, ${images.test} test`],
    ['size', `${channels} channels, ${height} high, ${width} wide`],
    ['classes', `${classes.length}: ${shown.join(', ')}`],
    ['mean', numbers(mean)],
    ['std', numbers(std)],
    ['fingerprint', fingerprint],
  ]);
  return `${lines.join('\n')}\n`;
}
