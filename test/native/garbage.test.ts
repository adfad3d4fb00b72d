import { describe, expect, it } from 'vitest';
import { runScript } from './script.ts';

const mebibyte = 2 ** 20;

/** Makes 3 GB of garbage a mebibyte at a time, in one synchronous loop and without any scope. */
const garbage = (ways: readonly string[]) => `
  const x = torch.ones([${mebibyte / 4}]);
  const leaf = torch.ones([${mebibyte / 4}], { requiresGrad: true });
  const ways = [${ways.map((way) => `() => { ${way}; }`).join()}];
  for (let i = 0; i < 3000; i++) ways[i % ways.length]();
  // Not resourceUsage().maxRSS: that begins with the size of the process that started this one.
  const status = (await import('node:fs')).readFileSync('/proc/self/status', 'utf8');
  console.log(Number(/VmHWM:\\s+(\\d+)/.exec(status)[1]) / 1024);`;

describe('a synchronous loop without a scope that makes 3 GB of garbage stays under 400 MB', () => {
  it.each([
    ['of new tensors', [`torch.zeros([${mebibyte / 4}])`]],
    ['of results, recorded or not', ['x.add(1)', 'leaf.mul(2)', 'x.relu().mul(x)']],
    [
      'of what comes another way',
      [
        "torch.call('aten::neg', x)",
        `torch.tensor(new Float32Array(${mebibyte / 4}))`,
        'torch.scope(() => [x.add(1), x])',
        'leaf.mul(2).sum().backward(); leaf.grad = null',
        'try { x.add(1).reshape([7]); } catch {}',
      ],
    ],
  ])('%s', async (_, ways) => {
    const { code, stdout, stderr } = await runScript(garbage(ways));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(Number(stdout)).toBeLessThan(400);
  });

  it('with tensors that stay, in the middle of it', async () => {
    const { stdout } = await runScript(`
      const kept = Array.from({ length: 20 }, (_, i) => torch.full([1000], i));
      for (let i = 0; i < 300; i++) torch.zeros([${mebibyte / 4}]);
      console.log(kept.map((tensor) => tensor.sum().item() / 1000).join());`);
    expect(stdout).toBe(Array.from({ length: 20 }, (_, i) => i).join());
  });
});

describe('errors', () => {
  it('do not end the process when a garbage collection falls into one of them', async () => {
    // In a callback of the event loop V8 allocates while it throws, and a collection at that moment
    // runs finalizers. Without an environment of their own the first 12,000 errors had one too many.
    const { code, stdout, stderr } = await runScript(`
      Error.stackTraceLimit = 0;
      const x = torch.ones([2]);
      setImmediate(() => {
        let caught = 0;
        for (let i = 0; i < 60_000; i++) {
          x.add(1);
          try { x.reshape([3]); } catch { caught++; }
        }
        console.log(caught);
      });`);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '60000', stderr: '' });
  });
});
