import { describe, expect, it } from 'vitest';
import { isWholeMeasure, labelOf, measureOf, partsOf } from './measure';

describe('a measure', () => {
  it('is whole once it has the property that it needs', () => {
    expect(['count', 'users', 'sum:', 'sum:price', 'nonsense:price'].map(isWholeMeasure)).toEqual([true, true, false, true, true]);
  });

  it('keeps a property whose key has a colon', () => {
    expect(partsOf(measureOf('p90', 'utm:source'))).toEqual({ kind: 'p90', property: 'utm:source' });
    expect(labelOf('sum:price')).toBe('Sum of price');
  });
});
