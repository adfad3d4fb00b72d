import { expect, test } from 'vitest';
import * as torch from '../../src/torch/index.ts';

const timesOf = (fn: () => void) =>
  new Map(torch.profile(fn).map((time) => [time.name, time] as const));

test('a profile counts the calls of every operator, those of backward too', () => {
  const times = torch.scope(() => {
    const x = torch.ones([4, 4]).requiresGrad_();
    return timesOf(() => {
      for (let i = 0; i < 3; i++) x.matmul(x).sum().backward();
    });
  });
  expect(times.get('aten::matmul')?.calls).toBe(3);
  expect(times.get('MmBackward0')?.calls).toBe(3);
  expect(times.has('aten::relu')).toBe(false);
});

test('a time is without the operators called, and all of them are no more than the whole', () => {
  torch.scope(() => {
    const x = torch.ones([300, 300]);
    const start = performance.now();
    const times = timesOf(() => {
      for (let i = 0; i < 10; i++) x.matmul(x);
    });
    const whole = (performance.now() - start) / 1000;
    // matmul hands the work on to mm.
    expect(times.get('aten::mm')!.seconds).toBeGreaterThan(times.get('aten::matmul')!.seconds);
    const sum = [...times.values()].reduce((total, { seconds }) => total + seconds, 0);
    expect(sum).toBeGreaterThan(0);
    expect(sum).toBeLessThanOrEqual(whole);
  });
});

test('the longest stands first', () => {
  const times = torch.scope(() => {
    const x = torch.ones([300, 300]);
    return torch.profile(() => {
      x.add(1);
      x.matmul(x);
    });
  });
  const seconds = times.map((time) => time.seconds);
  expect(seconds).toEqual([...seconds].sort((a, b) => b - a));
  expect(times[0]!.name).toBe('aten::mm');
});

test('an error ends the profile, and the next one begins with nothing', () => {
  torch.scope(() => {
    const x = torch.ones([2]);
    expect(() =>
      torch.profile(() => {
        x.add(1);
        throw new Error('stopped');
      }),
    ).toThrow('stopped');
    expect(timesOf(() => void x.relu()).has('aten::add')).toBe(false);
  });
});

test('a profile within a profile is refused, and the outer one goes on', () => {
  torch.scope(() => {
    const x = torch.ones([2]);
    const times = timesOf(() => {
      expect(() => torch.profile(() => {})).toThrow('expected no profile under way');
      x.relu();
    });
    expect(times.get('aten::relu')?.calls).toBe(1);
  });
});

test('what is no function, or gives a promise, is refused', () => {
  expect(() => torch.profile(null as never)).toThrow('profile');
  expect(() => torch.profile((async () => {}) as never)).toThrow('profile');
  expect(torch.profile(() => {})).toEqual([]);
});

test('kernels of our own have names, forward and backward', () => {
  const times = torch.scope(() => {
    const x = torch.ones([2, 8, 4, 4]).contiguous({ memoryFormat: 'channelsLast' });
    const weight = torch.ones([8, 8, 1, 1]).requiresGrad_();
    return timesOf(() => {
      const y = torch.functional.conv2d(x, weight);
      torch.functional.batchNorm(y, { training: true }).square().sum().backward();
    });
  });
  for (const name of ['pointwise', 'batch_norm']) {
    expect(times.get(`enas::${name}`)?.calls).toBe(1);
    expect(times.get(`enas::${name}_backward`)?.calls).toBe(1);
  }
});
