import { describe, expect, it } from 'vitest';
import { runScript } from './script.ts';

describe('a process ends cleanly', () => {
  it.each([
    ['at its end, with tensors alive', 'globalThis.kept = torch.ones([10]);', 0],
    [
      'by process.exit in scopes in noGrad',
      'torch.noGrad(() => torch.scope(() => torch.scope(() => { torch.ones([1]); process.exit(8); })));',
      8,
    ],
    [
      'with a graph that was never gone through',
      `const x = torch.ones([10], { requiresGrad: true });
       globalThis.loss = x.mul(2).exp().sum();`,
      0,
    ],
    [
      'with a graph and gradients, by process.exit',
      `const x = torch.ones([10], { requiresGrad: true });
       const loss = torch.functional.conv2d(torch.ones([1, 1, 8, 8]), torch.ones([1, 1, 3, 3], { requiresGrad: true })).sum();
       loss.backward(undefined, { retainGraph: true });
       process.exit(3);`,
      3,
    ],
    [
      'in the middle of garbage',
      'for (let i = 0; i < 2000; i++) torch.ones([100]); process.exit(4);',
      4,
    ],
    [
      'with an optimiser and several threads',
      `torch.setNumThreads(2);
       const w = torch.randn([300, 300], { requiresGrad: true });
       const adam = new torch.Adam([w], { lr: 0.1 });
       w.matmul(w).sum().backward();
       adam.step();`,
      0,
    ],
    [
      'from an exit handler that uses tensors',
      "process.on('exit', () => torch.ones([1]).add(1).item());",
      0,
    ],
  ])('%s', async (_, body, code) => {
    expect(await runScript(body)).toEqual({ code, signal: null, stdout: '', stderr: '' });
  });

  it('by an error nobody catches, with its message', async () => {
    const { code, signal, stderr } = await runScript(
      'torch.scope(() => torch.ones([2]).reshape([3]));',
    );
    expect({ code, signal }).toEqual({ code: 1, signal: null });
    expect(stderr).toContain("reshape: shape '[3]' is invalid for input of size 2");
    expect(stderr).toContain("code: 'ERR_TORCH'");
  });
});
