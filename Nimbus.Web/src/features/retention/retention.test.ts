import { describe, expect, it } from 'vitest';
import type { Schemas } from '../../api/client';
import { readRetention, shareOf, tableOf } from './retention';

const cohort = (size: number, retained: (number | null)[]) => ({ start: '2026-03-01T00:00:00Z', size, retained }) as Schemas['RetentionCohort'];

describe('retention', () => {
  it('tells nobody from not yet', () => {
    expect([shareOf(cohort(4, [4, 1, null]), 0), shareOf(cohort(4, [4, 1, null]), 1), shareOf(cohort(4, [4, 1, null]), 2)]).toEqual([1, 0.25, null]);
    expect(shareOf(cohort(0, [0]), 0)).toBeNull();
  });

  it('is a table with both, the count and the share', () => {
    const answer = { cohorts: [cohort(4, [4, 1, null])], average: [1, 0.25, null] } as Schemas['RetentionResult'];
    expect(tableOf(answer, () => 'March').rows).toEqual([['March', 4, '4 (100%)', '1 (25%)', null]]);
  });

  it('is read from any address', () => {
    for (const hostile of [{}, { windows: 'x', kind: 5 }, { windows: 1e9, bucket: '1s' }, { windows: -1 }]) {
      const { windows, kind, bucket } = readRetention(hostile);
      expect(windows).toBeGreaterThan(1);
      expect(windows).toBeLessThan(32);
      expect([kind, bucket]).toEqual(['first_time', 'day']);
    }
  });
});
