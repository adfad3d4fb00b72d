import { Command } from 'commander';
import { describeTried, type Libtorch } from '../../scripts/libtorch.mjs';
import type { Program } from '../../scripts/setup/tools.mjs';
import { EnasTorchError } from '../errors/error.ts';
import { write } from '../report/output.ts';
import { type Diagnosis, diagnose } from './diagnosis.ts';
import type { Host } from './host.ts';
import type { ProbedDevice } from './probe.ts';

/** `enas-torch doctor`: whether this machine can compute, and what is missing if not. */
export function doctorCommand(host: Host = process): Command {
  return new Command('doctor')
    .description('report Node, compiler, libtorch and devices, and run a small convolution')
    .option('--json', 'print the report as one JSON object')
    .addHelpText(
      'after',
      `
Exits with 1 if the addon does not load or does not compute right.

Example:
  $ enas-torch doctor`,
    )
    .action(async (options: { readonly json?: boolean }) => {
      const diagnosis = diagnose({ env: { ...host.env } });
      const text = options.json ? `${JSON.stringify(diagnosis)}\n` : describeDiagnosis(diagnosis);
      await write(host.stdout, text);
      if (!diagnosis.ok) throw new EnasTorchError('ERR_ADDON', diagnosis.problems.join('\n'));
    });
}

/** The report for people: a line for each thing, what was tried below libtorch. */
export function describeDiagnosis(diagnosis: Diagnosis): string {
  const { node, compiler, cmake, libtorch, addon, probe, processors } = diagnosis;
  const devices = probe?.devices.map(({ name, elapsedMs }) => `${name} ${elapsedMs} ms`).join(', ');
  const rows: (readonly [string, string])[] = [
    ['Node', node.version],
    ['compiler', compiler === null ? 'none' : `${compiler.name} ${describeProgram(compiler)}`],
    ['CMake', cmake === null ? 'none' : describeProgram(cmake)],
    ['libtorch', describeLibtorch(libtorch.found)],
    ...describeTried(libtorch.tried).map((line) => ['', `looked at ${line}`] as const),
    ['addon', addon.exists ? addon.path : `not built (${addon.path})`],
    ['', describeBuild(addon.builtAgainst)],
    ['CUDA', describeCuda(diagnosis)],
    ['threads', `${probe?.threads ?? 'unknown'} on ${processors} processors`],
    ['probe', probe === null ? 'failed' : `convolution and gradients are right: ${devices}`],
  ];
  return `${rows.map(([name, text]) => `${name.padEnd(10)} ${text}`.trimEnd()).join('\n')}\n`;
}

function describeProgram({ path, version }: Program): string {
  return `${version ?? 'of unknown version'} (${path})`;
}

function describeLibtorch(found: Diagnosis['libtorch']['found']): string {
  if (found === null) return 'none found';
  return `${describeVariant(found)} at ${found.root} (${found.source})`;
}

function describeVariant({ version, cuda }: Pick<Libtorch, 'version' | 'cuda'>): string {
  return `${version}, ${cuda ? 'CUDA' : 'CPU'} build`;
}

function describeBuild(built: Diagnosis['addon']['builtAgainst']): string {
  if (built === null) return 'built against: not recorded';
  return `built against libtorch ${describeVariant(built)} at ${built.path} by ${built.compiler}`;
}

function describeCuda({ probe, addon }: Diagnosis): string {
  if (probe === null) return 'unknown';
  const devices = probe.devices.filter(({ name }) => name.startsWith('cuda'));
  if (devices.length > 0) return devices.map(describeDevice).join('; ');
  return addon.builtAgainst?.cuda === false ? 'none (a CPU build of libtorch)' : 'no device';
}

function describeDevice({ name, properties }: ProbedDevice): string {
  if (properties === undefined) return `${name} (the addon was built without native/cuda)`;
  const { name: model, capability, totalMemory } = properties;
  return `${name}: ${model}, capability ${capability.join('.')}, ${(totalMemory / 1e9).toFixed(1)} GB`;
}
