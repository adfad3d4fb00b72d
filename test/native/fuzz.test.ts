import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('./fuzz/main.mjs', import.meta.url));

/** Instrumented code takes several times as long. */
const sanitized = process.env.ENAS_TORCH_BUILD === 'Sanitized';
const calls = sanitized ? 25_000 : 100_000;

describe('every function of the addon', () => {
  it(
    `takes whatever it is given without a crash, a leak, or any error but its own (${calls} calls)`,
    async () => {
      const child = spawn(process.execPath, [main, '--calls', `${calls}`, '--seed', '1'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [[code], report] = await Promise.all([once(child, 'close'), text(child.stdout)]);
      expect({ code, report }).toEqual({
        code: 0,
        report: expect.stringMatching(`${calls} calls from seed 1: \\d+ returned, 0 wrong`),
      });
    },
    sanitized ? 900_000 : 300_000,
  );
});
