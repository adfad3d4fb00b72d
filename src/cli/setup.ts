import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { unexpected } from '../errors/check.ts';
import { EnasTorchError } from '../errors/error.ts';

interface SetupOptions {
  readonly cpu?: boolean;
  readonly cuda?: string;
  readonly from?: string;
}

/** `enas-torch setup`: fetches or takes a libtorch and builds the addon against it. */
export function setupCommand(): Command {
  return new Command('setup')
    .description('find or fetch libtorch and build the addon')
    .addOption(new Option('--cpu', 'fetch the CPU build').conflicts(['cuda', 'from']))
    .addOption(
      new Option('--cuda <version>', 'fetch a CUDA build, for a CUDA version such as 12.6')
        .conflicts(['cpu', 'from'])
        .argParser(checkCuda),
    )
    .addOption(
      new Option('--from <path>', 'take a torch wheel, a libtorch zip or a directory').conflicts([
        'cpu',
        'cuda',
      ]),
    )
    .addHelpText(
      'after',
      `
Without an option: the libtorch that LIBTORCH names; else the one set up last; else that of a
Python torch in reach; else the CPU build is fetched.

Examples:
  $ enas-torch setup
  $ enas-torch setup --cuda 12.6
  $ enas-torch setup --from ~/Downloads/libtorch-shared-with-deps-2.13.0+cpu.zip`,
    )
    .action(async (options: SetupOptions) => {
      const script = fileURLToPath(new URL('../../scripts/install.mjs', import.meta.url));
      const child = spawn(process.execPath, [script, ...argumentsOf(options)], {
        stdio: ['ignore', 'inherit', 'inherit'],
      });
      const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
      if (code !== 0) {
        throw new EnasTorchError('ERR_ADDON', `setup did not finish (${signal ?? 'see above'})`);
      }
    });
}

function argumentsOf({ cpu, cuda, from }: SetupOptions): string[] {
  if (cpu) return ['--cpu'];
  if (cuda !== undefined) return ['--cuda', cuda];
  return from === undefined ? [] : ['--from', from];
}

function checkCuda(value: string): string {
  if (/^(cu)?\d{2}\.?\d$/.test(value)) return value;
  throw unexpected('--cuda', 'a CUDA version such as 12.6', value);
}
