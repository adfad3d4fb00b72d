import { Command } from 'commander';
import { write } from '../report/output.ts';
import type { Host } from './host.ts';
import { addConfigOptions, type ConfigOptions, configOf } from './options.ts';

/** `enas-torch config`: a complete configuration, to read, or to change and give to `search --config`. */
export function configCommand(host: Host): Command {
  return addConfigOptions(new Command('config'))
    .description('print a complete configuration as JSON')
    .addHelpText(
      'after',
      `
Example:
  $ enas-torch config --space macro --preset paper > my.json
  $ enas-torch search --config my.json`,
    )
    .action(async (options: ConfigOptions) => {
      await write(host.stdout, `${JSON.stringify(configOf(options), null, 2)}\n`);
    });
}
