import { describe, expect, it } from 'vitest';
import { liveParameters } from '../../src/graph/live.ts';
import { Clock } from '../../src/learning/clock.ts';
import type { ArchScored, Warning } from '../../src/run/events.ts';
import { derive } from '../../src/search/derive.ts';
import { childOf, createSession, type Session } from '../../src/search/session.ts';
import * as torch from '../../src/torch/index.ts';
import { syntheticDataset, tinyConfig } from './synthetic.ts';

const sessionOf = () => createSession(tinyConfig(), syntheticDataset(), 'cpu');

const samples = 12;

async function derived(session: Session) {
  const scored = derive(session, new Clock(), samples, session.streams);
  const said: (ArchScored | Warning)[] = [];
  for (;;) {
    const next = await scored.next();
    if (next.done) return { best: next.value, ...parted(said) };
    if (next.value !== undefined) said.push(next.value);
  }
}

function parted(said: readonly (ArchScored | Warning)[]) {
  const scored = said.flatMap((each) => (each.type === 'arch:scored' ? [each] : []));
  const warnings = said.flatMap((each) => (each.type === 'warning' ? [each] : []));
  return { scored, warnings };
}

/** A parameter that some but not all of the derived architectures read. */
function parameterOfSome(session: Session, archs: readonly unknown[]): string {
  const found = Object.keys(session.shared.values()).find((name) => {
    const readers = archs.filter((arch) => reads(session, arch, name)).length;
    return readers > 0 && readers < archs.length;
  });
  return found!;
}

const reads = (session: Session, arch: unknown, name: string) =>
  liveParameters(childOf(session, arch).graph).includes(name);

function spoil(session: Session, names: readonly string[]): void {
  torch.noGrad(() => {
    for (const name of names) session.shared.values()[name]!.fill_(Number.NaN);
  });
}

/** Lets the score of the first network be this over the whole validation split. */
function firstScore(session: Session, score: number): void {
  const evaluate = session.learner.evaluate.bind(session.learner);
  let calls = 0;
  session.learner.evaluate = function* (...of) {
    const real = yield* evaluate(...of);
    return calls++ === 0 ? { accuracy: score } : real;
  };
}

describe('deriving', () => {
  it('keeps no architecture whose reward is not finite, and says which those were', async () => {
    const session = sessionOf();
    const before = await derived(session);
    expect(before.warnings).toEqual([]);
    const archs = before.scored.map(({ arch }) => arch);
    const spoilt = parameterOfSome(session, archs);
    spoil(session, [spoilt]);
    const { best, scored, warnings } = await derived(session);
    const [bad, good] = [true, false].map((read) =>
      archs.filter((arch) => reads(session, arch, spoilt) === read),
    );
    expect(warnings.map(({ code, message }) => [code, message])).toEqual(
      bad!.map((arch) => [
        'not-finite',
        `not kept, because its reward is NaN: ${JSON.stringify(arch)}`,
      ]),
    );
    expect(scored.map(({ arch }) => arch)).toEqual(good);
    expect(good).toContainEqual(best.arch);
  });

  it('takes the next best where the best has no finite score over the whole split', async () => {
    const session = sessionOf();
    const { best: first } = await derived(session);
    firstScore(session, Number.NaN);
    const { best, scored, warnings } = await derived(session);
    expect(warnings).toMatchObject([
      {
        message: `not kept, because its validation accuracy is NaN: ${JSON.stringify(first.arch)}`,
      },
    ]);
    const rewards = scored.map(({ reward }) => reward).sort((a, b) => b - a);
    expect(best.reward).toBe(rewards[1]);
    expect(best).toMatchObject({ validAccuracy: expect.any(Number) });
  });

  it('fails where no architecture has a finite reward', async () => {
    const session = sessionOf();
    spoil(session, Object.keys(session.shared.values()));
    await expect(derived(session)).rejects.toMatchObject({
      code: 'ERR_RUN',
      message:
        'none of the 12 architectures has a finite reward and score under the shared parameters; ' +
        'derive more of them, or search anew with a lower search.omega.lr',
    });
  });
});
