import { describe, expect, it } from 'vitest';
import { Streams } from '../../src/random/streams.ts';
import * as torch from '../../src/torch/index.ts';

const MiB = 2 ** 20;
const zeros = (mebibytes: number) => torch.zeros([(mebibytes * MiB) / 4]);

describe('memory of large tensors', () => {
  it('is used again, by tensors of other sizes too: a process that has as much in use does not grow', () => {
    const draw = new Streams(1).draw('sizes');
    const live: torch.Tensor[] = [];
    const turn = () => {
      if (live.length === 4) live.shift()!.dispose();
      live.push(zeros(8 + Math.floor(draw.uniform() * 25)));
    };
    for (let i = 0; i < 20; i++) turn();
    const before = process.memoryUsage.rss();
    for (let i = 0; i < 150; i++) turn();
    // At most 4 × 32 MiB are in use, and 32 MiB more are kept.
    expect(process.memoryUsage.rss() - before).toBeLessThan(5 * 32 * MiB);
    for (const tensor of live) tensor.dispose();
  });

  it('is zeros where zeros are asked for, whoever had it before', () => {
    torch.scope(() => torch.full([4 * MiB], 7));
    torch.scope(() =>
      expect(
        torch
          .zeros([4 * MiB])
          .abs()
          .sum()
          .item(),
      ).toBe(0),
    );
  });

  it('is not given out twice', () => {
    torch.scope(() => {
      const all = [1, 2, 3, 4, 5].map((value) => torch.full([4 * MiB], value));
      expect(all.map((tensor) => tensor.mean().item())).toEqual([1, 2, 3, 4, 5]);
    });
  });

  it('stays with a view when its tensor is released', () => {
    torch.scope(() => {
      const whole = torch.full([4 * MiB], 3);
      const view = whole.slice(0, 5, 8);
      whole.dispose();
      torch.full([4 * MiB], 9);
      expect(view.tolist()).toEqual([3, 3, 3]);
    });
  });

  it('that the machine does not have is an error that says so, after which all goes on', () => {
    expect(() => torch.zeros([2 ** 46])).toThrow(
      expect.objectContaining({
        code: 'ERR_OUT_OF_MEMORY',
        message: expect.stringMatching(/zeros: .*281474976710656 bytes.*; use a smaller/),
      }),
    );
    expect(torch.zeros([3]).tolist()).toEqual([0, 0, 0]);
  });
});
