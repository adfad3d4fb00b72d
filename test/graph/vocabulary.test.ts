import { describe, expect, it } from 'vitest';
import { vocabulary } from '../../src/graph/vocabulary.ts';

describe('vocabulary', () => {
  it('has short labels for pictures', () => {
    const conv = { out: 8, kernel: 3, stride: 1, padding: 1, groups: 1 };
    expect(vocabulary.conv2d.label(conv)).toBe('conv 3×3');
    expect(vocabulary.conv2d.label({ ...conv, groups: 8 })).toBe('grouped conv 3×3');
    expect(vocabulary.avgPool.label({ kernel: 3, stride: 1, padding: 1 })).toBe('avg pool 3×3');
    expect(vocabulary.dropout.label({ p: 1 - 0.9, variational: false })).toBe('dropout 0.1');
    expect(vocabulary.dropPath.label({ p: 0.25 })).toBe('drop path 0.25');
    expect(vocabulary.highway.label({ activation: 'relu' })).toBe('ReLU');
    expect(vocabulary.gates.label({ out: 8 })).toBe('linear 2 × 8');
    expect(vocabulary.embedding.label({ vocabulary: 100, size: 8 })).toBe('embedding 8');
    expect(vocabulary.subsample.label({ offset: 1 })).toBe('odd pixels');
  });
});
