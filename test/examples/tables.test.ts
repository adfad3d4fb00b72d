import { describe, expect, it } from 'vitest';
import { entryOf, run, writeTable } from './running.ts';

describe('examples/custom-space.mjs', () => {
  it('says of each seed and of all what the controller and random search have found', async () => {
    const { code, stdout, stderr } = await run('custom-space.mjs', [writeTable(), '--seeds', '6']);
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.split('\n').map((line) => line.trim().split(/ {2,}/));
    const rows = lines.slice(1, 7).map((row) => row.map(Number));
    expect(rows.map(([seed]) => seed)).toEqual([1, 2, 3, 4, 5, 6]);
    const differences = rows.map(([, controller, random]) => controller! - random!);
    const wins = differences.filter((each) => each > 0).length;
    const losses = differences.filter((each) => each < 0).length;
    expect(wins).toBeGreaterThan(losses);
    expect(stdout).toContain(`controller wins ${wins}, loses ${losses}, of 6`);
    const means = Object.fromEntries(lines.map(([name, value]) => [name, Number(value)]));
    expect(means['whole table']).toBe(entryOf('22222222').mean_acc);
    for (const [name, column] of [['controller', 1] as const, ['random', 2] as const]) {
      const mean = rows.reduce((sum, row) => sum + row[column]! / 6, 0);
      expect(means[name]).toBeCloseTo(mean, 2);
    }
  });
});

describe('examples/latency-aware.mjs', () => {
  it('finds better architectures the more they may cost, each within its target', async () => {
    const words = [writeTable(), '--targets', '26,42,90', '--samples', '400'];
    const { code, stdout, stderr } = await run('latency-aware.mjs', words);
    expect([code, stderr]).toEqual([0, '']);
    const rows = stdout
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/ +/));
    expect(rows.map(([target]) => target)).toEqual(['26', '42', '90']);
    for (const [target, key, accuracy, cost] of rows) {
      const { mean_acc, flops } = entryOf(key!);
      expect([Number(accuracy), Number(cost)]).toEqual([mean_acc, flops / 1e6]);
      expect(Number(cost)).toBeLessThanOrEqual(Number(target));
    }
    const accuracies = rows.map(([, , accuracy]) => Number(accuracy));
    expect(accuracies).toEqual(accuracies.toSorted((a, b) => a - b));
    expect(new Set(accuracies).size).toBe(3);
  });
});
