import { deepEqual, ok } from 'node:assert/strict';
import { execute } from '../../../src/graph/execute.ts';
import { evaluated } from '../../../src/graph/passes/evaluated.ts';
import { evaluateInSegments } from '../../../src/graph/segments/evaluate.ts';
import { Clock } from '../../../src/learning/clock.ts';
import type { ResolvedConfig } from '../../../src/run/config.ts';
import { omegaPhase } from '../../../src/search/omegaPhase.ts';
import { cudaSegments } from '../../../src/search/segments.ts';
import { childOf, createSession } from '../../../src/search/session.ts';
import { HostCopy } from '../../../src/torch/hostCopy.ts';
import type { Device } from '../../../src/torch/index.ts';
import * as torch from '../../../src/torch/index.ts';
import { functional as F } from '../../../src/torch/index.ts';
import { cudaRecorder } from '../../../src/torch/recorder.ts';
import { type Check, close } from './check.ts';
import { closeLosses, colours, macro, micro } from './networks.ts';

/** The losses of so many ω phases, and how many segments were captured. */
function losses(config: ResolvedConfig, device: Device, captured: boolean) {
  const session = createSession(config, colours(device), device);
  if (captured) session.segments = cudaSegments(session);
  const found: number[] = [];
  for (let epoch = 1; epoch <= 4; epoch++) {
    session.state = { ...session.state, epoch, stepInPhase: 0 };
    for (const event of omegaPhase(session, new Clock())) {
      ok(event.type !== 'warning', `a warning: ${JSON.stringify(event)}`);
      if (event.type === 'child:step') found.push(event.loss);
    }
  }
  const segments = session.segments?.counts.training.kept ?? 0;
  session.segments?.dispose();
  return { found, segments };
}

/** Of convolutions that may be done by another algorithm, in TF32. */
const tolerance = 3e-3;

/**
 * Evaluates some children again and again, in changing order, and compares with single launches.
 * @returns how often segments were replayed
 */
function replayedAlike(config: ResolvedConfig, device: Device): number {
  const session = createSession(config, colours(device), device);
  const segments = cudaSegments(session)!;
  const { controller, streams, space, shared } = session;
  const drawn = controller.draw(8, streams, 'evaluated', 0);
  const graphs = drawn.map((choices) => evaluated(childOf(session, space.decode(choices)).graph));
  const options = { lookup: shared.lookup, training: false, outputs: ['logits'] };
  for (let pass = 0; pass < 4; pass++) {
    for (const graph of pass % 2 === 0 ? graphs : [...graphs].reverse()) {
      torch.scope(() =>
        torch.noGrad(() => {
          const images = torch
            .randn([config.search.theta.rewardBatch, 3, 8, 8], { seed: pass, device })
            .contiguous({ memoryFormat: 'channelsLast' });
          const expected = execute(graph, images, options).logits!;
          const { logits } = evaluateInSegments(graph, images, options, segments.evaluation);
          close(logits!, expected, tolerance, 'the logits');
        }),
      );
      segments.recordDue();
      ok(segments.failure === null, `a segment could not be captured: ${segments.failure}`);
    }
  }
  const { replayed } = segments.counts.evaluation;
  segments.dispose();
  return replayed;
}

const networks: Record<string, (device: Device) => ResolvedConfig> = { macro, micro };

/** What a search's steps stand on where they are captured in segments. */
export const segmentChecks: readonly Check[] = [
  {
    name: 'a forward and a backward pass, captured one after the other, have the gradients of single launches',
    on: 'cuda',
    run(device) {
      const recorder = cudaRecorder(device);
      const weight = torch.randn([4, 4, 3, 3], { seed: 2, device }).requiresGrad_();
      weight.grad = torch.zerosLike(weight);
      const network = (x: torch.Tensor) => F.conv2d(x, weight, { padding: 1 }).relu();
      const x = torch.zeros([8, 4, 6, 6], { device }).requiresGrad_();
      const gradient = torch.zeros([8, 4, 6, 6], { device });
      recorder.warmUp(() => torch.grad([network(x)], [x, weight], { gradOutputs: [gradient] }));
      let y: torch.Tensor | undefined;
      const forward = recorder.record(() => {
        y = network(x);
        return [y];
      });
      const backward = recorder.record(() => {
        const [gx, gw] = torch.grad([y!], [x, weight], { gradOutputs: [gradient] });
        torch.noGrad(() => weight.grad!.add_(gw!));
        return [gx!];
      }, forward);
      for (const seed of [10, 20]) {
        const given = torch.randn([8, 4, 6, 6], { seed, device }).requiresGrad_();
        const upper = torch.randn([8, 4, 6, 6], { seed: seed + 1, device });
        const expected = network(given);
        const [gx, gw] = torch.grad([expected], [given, weight], { gradOutputs: [upper] });
        torch.noGrad(() => {
          x.copy_(given);
          gradient.copy_(upper);
          weight.grad!.zero_();
        });
        close(forward.replay()[0]!, expected, tolerance, 'the result');
        close(backward.replay()[0]!, gx!, tolerance, "the input's gradient");
        close(weight.grad!, gw!, tolerance, "the weight's gradient");
      }
      backward.dispose();
      forward.dispose();
    },
  },
  ...Object.entries(networks).map(
    ([name, config]): Check => ({
      name: `children of a ${name} search learn the same by captured segments as by single launches`,
      on: 'cuda',
      run(device) {
        const captured = losses(config(device), device, true);
        ok(captured.segments > 0, 'segments must have been captured');
        closeLosses(captured.found, losses(config(device), device, false).found, 0.02);
      },
    }),
  ),
  {
    name: 'graphs that share their memory, and write outside it, may be replayed in any order',
    on: 'cuda',
    run(device) {
      const recorder = cudaRecorder(device);
      const x = torch.zeros([1000], { device });
      const recorded = [1, 2, 3].map((k) => {
        const y = torch.zeros([1000], { device });
        const work = (from: torch.Tensor) => from.mul(k).add(1).square().sub(from);
        recorder.warmUp(() => work(x));
        const recording = recorder.record(() => {
          y.copy_(work(x));
          return [];
        }, 'shared');
        return { y, work, recording };
      });
      for (const [seed, order] of [
        [0, 1, 2],
        [2, 0, 1],
        [1, 2, 0, 1],
      ].entries()) {
        torch.scope(() => {
          x.copy_(torch.randn([1000], { seed, device }));
          for (const i of order) recorded[i]!.recording.replay();
          for (const { y, work } of recorded) close(y, work(x), 1e-5, 'a result');
        });
      }
      for (const { recording } of recorded) recording.dispose();
    },
  },
  ...Object.entries(networks).map(
    ([name, config]): Check => ({
      name: `children of a ${name} search are evaluated the same by captured segments as by single launches`,
      on: 'cuda',
      run(device) {
        ok(replayedAlike(config(device), device) > 0, 'segments must have been replayed');
      },
    }),
  ),
  {
    name: 'a copy to the host has what the tensor held when it was made',
    on: 'any',
    run(device) {
      const x = torch.tensor([1, 2, 3], { device });
      const copy = new HostCopy(x);
      x.fill_(9);
      deepEqual(copy.read(), [1, 2, 3]);
      deepEqual(copy.read(), [1, 2, 3]);
      copy.dispose();
    },
  },
];
