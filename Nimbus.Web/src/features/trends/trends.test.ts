import { describe, expect, it } from 'vitest';
import { addsUp, readTrends } from './trends';

describe('the bars of a trend', () => {
  const asked = (raw: Record<string, unknown>) => addsUp(readTrends(raw));

  it('stand on each other where their sum says something', () => {
    expect(asked({})).toBe(true);
    expect(asked({ series: [{ event: 'paid', measure: 'sum:amount' }, { event: 'refunded', measure: 'sum:amount' }] })).toBe(true);
  });

  it('stand beside each other where one person or one event would be counted twice', () => {
    expect(asked({ series: [{ event: 'paid' }, { event: 'paid', measure: 'users' }] })).toBe(false);
    expect(asked({ series: [{ event: 'paid', measure: 'avg:amount' }] })).toBe(false);
    expect(asked({ compare: true })).toBe(false);
    expect(asked({ series: [{ event: 'a' }, { event: 'b' }], formula: 'A / B' })).toBe(false);
  });
});
