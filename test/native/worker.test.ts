import { describe, expect, it } from 'vitest';
import { runScript } from './script.ts';

/** Defines `work(body)`: a worker that has the tensor library as `torch` and can `report`. */
const workers = `
  const { Worker } = await import('node:worker_threads');
  const { once } = await import('node:events');
  const work = (body) => new Worker(\`
    const { parentPort } = require('node:worker_threads');
    const report = (value) => parentPort.postMessage(value);
    import(\${JSON.stringify(torchUrl)}).then((torch) => { \${body} });
  \`, { eval: true, execArgv: [] });
  const result = async (worker) => (await once(worker, 'message'))[0];
`;

const script = (body: string) => runScript(workers + body);
const clean = { code: 0, signal: null, stderr: '' };

describe('the addon in worker threads', () => {
  it('computes, with state of its own', async () => {
    const { stdout, ...ended } = await script(`
      const before = torch.memory().tensors;
      const kept = torch.ones([4]);
      const worker = work(\`
        const w = torch.ones([3], { requiresGrad: true });
        torch.scope(() => w.mul(2).sum().backward());
        let caught;
        try { w.reshape([7]); } catch (error) { caught = error.name + ' ' + error.code; }
        report([w.grad.tolist(), caught, w.mul(1).requiresGrad, torch.memory().tensors < 6]);
      \`);
      console.log(JSON.stringify(await result(worker)));
      await once(worker, 'exit');
      console.log(kept.sum().item(), torch.memory().tensors - before);`);
    expect(ended).toEqual(clean);
    expect(stdout.split('\n')).toEqual([
      '[[2,2,2],"EnasTorchError ERR_TORCH",true,true]',
      expect.stringMatching(/^4 [12]$/),
    ]);
  });

  it('can be ten workers in turn', async () => {
    const { stdout, ...ended } = await script(`
      let sum = 0;
      for (let i = 0; i < 10; i++) {
        const worker = work(\`
          const x = torch.randn([64, 64], { requiresGrad: true });
          globalThis.kept = x.matmul(x).sum();
          report(torch.full([3], \${i}).sum().item());\`);
        // A worker may be gone before its message has been looked at.
        const exited = once(worker, 'exit');
        sum += await result(worker);
        await exited;
      }
      console.log(sum);`);
    expect({ stdout, ...ended }).toEqual({ stdout: '135', ...clean });
  });

  it('can be terminated in a loop of operations, in scopes and out', async () => {
    const { stdout, ...ended } = await script(`
      const loops = [
        'for (;;) torch.ones([64, 64]).matmul(torch.ones([64, 64]));',
        'for (;;) torch.scope(() => { for (;;) torch.ones([100]).add(1).relu(); });',
        'const w = torch.ones([50], { requiresGrad: true }); for (;;) torch.scope(() => w.mul(2).exp().sum().backward());',
        // An error that is being made when the worker ends cannot be thrown any more.
        'for (;;) try { torch.ones([2]).reshape([3]); } catch {}',
        'for (;;) torch.noGrad(() => torch.scope(() => torch.ones([2]).tolist()));',
      ];
      for (const loop of loops) {
        const worker = work('report(1); setImmediate(() => { ' + loop + ' });');
        await result(worker);
        await new Promise((resolve) => setTimeout(resolve, 200));
        await worker.terminate();
      }
      console.log(torch.ones([3]).sum().item());`);
    expect({ stdout, ...ended }).toEqual({ stdout: '3', ...clean });
  });

  it('can work at the same time as the main thread', async () => {
    const { stdout, ...ended } = await script(`
      const body = \`
        let sum = 0;
        for (let i = 0; i < 300; i++) sum += torch.scope(() => {
          const w = torch.full([20], i, { requiresGrad: true });
          w.square().sum().backward();
          return w.grad.select(0, 0).item();
        });
        report(sum);\`;
      const pending = [work(body), work(body)].map(result);
      let own = 0;
      for (let i = 0; i < 300; i++) own += torch.scope(() => torch.full([20], i).mul(2).max().item());
      console.log([own, ...(await Promise.all(pending))].join());`);
    expect({ stdout, ...ended }).toEqual({ stdout: '89700,89700,89700', ...clean });
  });

  it('keeps the tensors of one thread out of another', async () => {
    const { stdout, ...ended } = await script(`
      const mine = torch.ones([2]);
      const worker = new Worker(\`
        const { parentPort, workerData } = require('node:worker_threads');
        import(workerData.torchUrl).then((torch) => {
          try { torch.ones([2]).add(workerData.mine); } catch (error) { parentPort.postMessage(error.message); }
        });\`, { eval: true, execArgv: [], workerData: { torchUrl, mine } });
      console.log(await result(worker));`);
    expect({ stdout, ...ended }).toEqual({
      stdout: 'add: other: expected a Tensor, got an object',
      ...clean,
    });
  });

  it('ends with a process that exits while it works', async () => {
    const { stdout, ...ended } = await script(`
      const worker = work('report(1); setImmediate(() => { for (;;) torch.ones([64, 64]).matmul(torch.ones([64, 64])); });');
      await result(worker);
      console.log('leaving');
      process.exit(0);`);
    expect({ stdout, ...ended }).toEqual({ stdout: 'leaving', ...clean });
  });
});
