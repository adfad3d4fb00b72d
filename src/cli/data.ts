import { Command } from 'commander';
import { percent, count as shortCount } from '../report/format.ts';
import { write } from '../report/output.ts';
import { infoCommand } from './dataInfo.ts';
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
  $ enas-torch data info cifar10:data/cifar10
  $ enas-torch data info text:data/ptb`,
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
