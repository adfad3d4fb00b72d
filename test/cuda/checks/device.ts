import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import * as torch from '../../../src/torch/index.ts';
import { functional as F } from '../../../src/torch/index.ts';
import { type Check, same } from './check.ts';

/** Of what only a CUDA device has. */
export const deviceChecks: readonly Check[] = [
  {
    name: 'a device has a name, a capability and memory',
    on: 'cuda',
    run(device) {
      const { name, capability, totalMemory } = torch.cuda.getDeviceProperties(device);
      ok(name.length > 0);
      ok(capability[0] >= 5 && totalMemory > 1e9);
    },
  },
  {
    name: 'memory statistics follow tensors, and the peak stays when they are gone',
    on: 'cuda',
    run(device) {
      torch.cuda.resetPeakMemoryStats(device);
      const before = torch.cuda.memoryStats(device);
      torch.scope(() => {
        torch.empty([2 ** 24], { device });
        equal(torch.cuda.memoryStats(device).allocated, before.allocated + 2 ** 26);
      });
      const after = torch.cuda.memoryStats(device);
      equal(after.allocated, before.allocated);
      ok(after.peakAllocated >= before.allocated + 2 ** 26);
    },
  },
  {
    name: 'more memory than there is is ERR_OUT_OF_MEMORY with what to do, and work goes on',
    on: 'cuda',
    run(device) {
      throws(
        () => torch.empty([2 ** 42], { device }),
        (error: { code: string; message: string }) =>
          error.code === 'ERR_OUT_OF_MEMORY' && /smaller batch/.test(error.message),
      );
      equal(torch.ones([3], { device }).sum().item(), 3);
    },
  },
  {
    name: 'events time what lies between them, and are errors once disposed of',
    on: 'cuda',
    run(device) {
      const [start, end] = [new torch.cuda.Event(device), new torch.cuda.Event(device)];
      throws(() => start.synchronize(), /expected an event that was recorded/);
      const x = torch.randn([1024, 1024], { device });
      start.record();
      for (let i = 0; i < 20; i++) torch.scope(() => x.matmul(x));
      end.record();
      const milliseconds = start.elapsedTime(end);
      ok(milliseconds > 0 && milliseconds < 60_000, `${milliseconds} ms`);
      ok(end.query());
      end.dispose();
      end.dispose();
      throws(() => end.query(), { code: 'ERR_RELEASED' });
    },
  },
  {
    name: 'a side stream is in order with the work before and after it',
    on: 'cuda',
    run(device) {
      const x = torch.ones([2 ** 20], { device });
      for (let i = 0; i < 50; i++) {
        x.mul_(2);
        torch.cuda.sideStream(device, () => x.add_(1));
        x.sub_(1).div_(2);
      }
      equal(x.sum().item(), 2 ** 20);
    },
  },
  {
    name: 'a captured graph computes nothing until it is replayed, then anew from its inputs',
    on: 'cuda',
    run(device) {
      const x = torch.zeros([4], { device });
      const y = torch.zeros([4], { device });
      const work = () => {
        y.copy_(x.mul(2).add(1));
      };
      torch.cuda.sideStream(device, work);
      y.fill_(-1);
      const graph = new torch.cuda.CUDAGraph(device);
      throws(() => graph.replay(), /expected a graph that was captured/);
      graph.capture(work);
      deepEqual(y.tolist(), [-1, -1, -1, -1]);
      for (const value of [1, 10]) {
        x.fill_(value);
        graph.replay();
        deepEqual(y.tolist(), new Array(4).fill(2 * value + 1));
      }
      throws(() => graph.capture(work), /expected a graph not captured yet/);
      graph.dispose();
      throws(() => graph.replay(), { code: 'ERR_RELEASED' });
    },
  },
  {
    name: 'a captured backward pass gives the gradients of one that is not captured',
    on: 'cuda',
    run(device) {
      const x = torch.randn([8, 4, 6, 6], { seed: 1, device });
      const make = () => {
        const w = torch.randn([4, 4, 3, 3], { seed: 2, device }).requiresGrad_();
        w.grad = torch.zerosLike(w);
        return w;
      };
      const loss = (w: torch.Tensor) => F.conv2d(x, w, { padding: 1 }).relu().square().mean();
      const [captured, single] = [make(), make()];
      torch.cuda.sideStream(device, () => loss(captured).backward());
      captured.grad!.zero_();
      const graph = new torch.cuda.CUDAGraph(device);
      graph.capture(() => loss(captured).backward());
      graph.replay();
      loss(single).backward();
      same(captured.grad!, single.grad!, 'the gradient');
      graph.dispose();
    },
  },
  {
    name: 'an error in a capture comes out, and the device can capture again',
    on: 'cuda',
    run(device) {
      const x = torch.ones([4], { device });
      const failing = new torch.cuda.CUDAGraph(device);
      throws(() =>
        failing.capture(() => {
          throw new Error('inside');
        }),
      );
      throws(() => failing.capture(() => x.sum().item()));
      failing.dispose();
      equal(x.sum().item(), 4);
      const graph = new torch.cuda.CUDAGraph(device);
      graph.capture(() => x.add_(1));
      graph.replay();
      equal(x.sum().item(), 8);
      graph.dispose();
    },
  },
  {
    name: 'graphs share a pool of memory and give the same one after the other',
    on: 'cuda',
    run(device) {
      const pool = torch.cuda.graphPoolHandle(device);
      const x = torch.ones([2 ** 16], { device });
      const y = torch.zeros([], { device });
      const graphs = [2, 3].map((factor) => {
        const graph = new torch.cuda.CUDAGraph(device);
        graph.capture(() => y.copy_(x.mul(factor).sum()), { pool });
        return graph;
      });
      const sums = graphs.map((graph) => {
        graph.replay();
        return y.item();
      });
      deepEqual(sums, [2 ** 17, 3 * 2 ** 16]);
      deepEqual(graphs.map(({ pool: of }) => of)[0], graphs[1]!.pool);
      for (const graph of graphs) graph.dispose();
    },
  },
];
