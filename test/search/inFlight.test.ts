import { describe, expect, it } from 'vitest';
import { Clock } from '../../src/learning/clock.ts';
import { omegaPhase } from '../../src/search/omegaPhase.ts';
import { createSession } from '../../src/search/session.ts';
import { poisonable } from './poison.ts';
import { tinyConfig } from './synthetic.ts';

/** A session that launches a step before it reads the last one, and the steps that are neither read nor dropped. */
function launching() {
  const { dataset, poison } = poisonable();
  const session = { ...createSession(tinyConfig(), dataset, 'cpu'), readsBehind: 1 };
  const { learner } = session;
  const launch = learner.launch.bind(learner);
  const kept = new Set<number>();
  learner.launch = (networks, position) => {
    const step = launch(networks, position);
    kept.add(position.step);
    return {
      ...step,
      read: () => {
        kept.delete(position.step);
        return step.read();
      },
      drop: () => {
        kept.delete(position.step);
        step.drop();
      },
    };
  };
  return { session, kept, poison };
}

describe('a step in flight', () => {
  it('is given up where the phase is left between two events', () => {
    const { session, kept } = launching();
    for (const event of omegaPhase(session, new Clock())) {
      if (event.type !== 'child:step') continue;
      expect([...kept]).toEqual([1]);
      break;
    }
    expect([...kept]).toEqual([]);
  });

  it('is given up where the loss of the one before is not finite', () => {
    const { session, kept, poison } = launching();
    poison(true);
    expect(() => [...omegaPhase(session, new Clock())]).toThrow('the ω loss of step 1 is NaN');
    expect([...kept]).toEqual([]);
  });

  it('is read in its turn where the phase goes on', () => {
    const { session, kept } = launching();
    const steps = [...omegaPhase(session, new Clock())].filter(({ type }) => type === 'child:step');
    expect(steps).toHaveLength(6);
    expect([...kept]).toEqual([]);
  });
});
