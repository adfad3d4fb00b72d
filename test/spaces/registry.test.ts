import { describe, expect, it } from 'vitest';
import { findSpace, spaceNames, spaces } from '../../src/spaces/registry.ts';

describe('the registry of search spaces', () => {
  it.each(spaces.map((space) => [space.name, space] as const))(
    '%s can be found and made',
    (name, space) => {
      expect(findSpace(name)).toBe(space);
      for (const { space: options } of Object.values(space.presets)) {
        expect(space.create(options).name).toBe(name);
      }
    },
  );

  it('has each name once', () => {
    expect(new Set(spaceNames).size).toBe(spaces.length);
  });

  it('names the nearest space to one there is not', () => {
    expect(() => findSpace('marco')).toThrow(/^search space: .*got "marco"; did you mean macro\?$/);
  });
});
