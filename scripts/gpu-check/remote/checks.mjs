/** Runs the checks of test/cuda on the device it is given, one JSON line each. */
import { checks } from '../../../test/cuda/checks/index.js';

const device = process.argv[2] === 'cpu' ? 'cpu' : 'cuda:0';
let failed = 0;
for (const { name, on, run } of checks) {
  const begun = performance.now();
  const result = { name, status: 'passed' };
  if (on === 'cuda' && device === 'cpu') result.status = 'skipped';
  else {
    try {
      await run(device);
    } catch (error) {
      failed++;
      result.status = 'failed';
      result.message = String(error?.message ?? error).slice(0, 1000);
    }
  }
  result.ms = Math.round(performance.now() - begun);
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
process.exitCode = failed === 0 ? 0 : 1;
