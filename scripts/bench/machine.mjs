import { readFileSync } from 'node:fs';
import os from 'node:os';

/** What of a processor the kernels choose by. */
const telling = ['avx2', 'avx512f', 'avx512_vnni', 'avx512_bf16', 'amx_bf16', 'amx_tile'];

/** The machine that figures were taken on, without anything that names it. */
export function machine() {
  const info = readFileSync('/proc/cpuinfo', 'utf8');
  const field = (name) => new RegExp(`^${name}\\s*:\\s*(.*)$`, 'm').exec(info)?.[1] ?? null;
  const flags = new Set((field('flags') ?? '').split(' '));
  return {
    cpu: field('model name'),
    family: Number(field('cpu family')),
    model: Number(field('model')),
    cores: os.availableParallelism(),
    flags: telling.filter((flag) => flags.has(flag)),
    memoryGb: Math.round(os.totalmem() / 2 ** 30),
    kernel: os.release(),
    node: process.version,
    load: os.loadavg()[0],
  };
}
