import { Command } from 'commander';
import { write } from '../report/output.ts';
import { table } from '../report/table.ts';
import { resolveConfig } from '../run/config.ts';
import { type SourcedValue, sourcedValues } from '../run/sources.ts';
import type { Host } from './host.ts';
import { addConfigOptions, type ConfigOptions, configSourcesOf } from './options.ts';

interface ConfigCommandOptions extends ConfigOptions {
  readonly sources?: boolean;
  readonly json?: boolean;
}

/** `enas-torch config`: a complete configuration, to read, or to change and give to `search --config`. */
export function configCommand(host: Host): Command {
  return addConfigOptions(new Command('config'))
    .description('print a complete configuration as JSON, or where each setting comes from')
    .option('--sources', 'print a table of the settings, their values and where each comes from')
    .option('--json', 'with --sources: print an array of {path, value, source}')
    .addHelpText(
      'after',
      `
Examples:
  $ enas-torch config --space macro --preset paper > my.json
  $ enas-torch search --config my.json
  $ enas-torch config --space macro --preset paper --sources`,
    )
    .action(async ({ sources, json, ...options }: ConfigCommandOptions) => {
      const from = configSourcesOf(options);
      const text = !sources
        ? JSON.stringify(resolveConfig(from), null, 2)
        : json
          ? JSON.stringify(sourcedValues(from), null, 2)
          : sourcesTable(sourcedValues(from));
      await write(host.stdout, `${text}\n`);
    });
}

function sourcesTable(values: readonly SourcedValue[]): string {
  const rows = values.map(({ path, value, source }) => [path, JSON.stringify(value), source]);
  return table([['path', 'value', 'source'], ...rows]).join('\n');
}
