import { describe, expect, it } from 'vitest';
import { readTrends } from '../features/trends/trends';
import { rawOf, write } from './urlState';

describe('a question in the address', () => {
  it('comes back as it was asked', () => {
    const question = {
      ...readTrends({}), range: '7d' as const, compare: true, formula: 'A / B',
      series: [{ event: '12', measure: 'sum:price', filters: [{ source: 'prop' as const, key: 'plan', op: 'in' as const, values: ['pro', 5, true] }] }],
    };
    expect(readTrends(rawOf(new URLSearchParams(write(readTrends, question).toString())))).toEqual({ ...question, breakdown: undefined });
  });

  it('is empty at its defaults', () => expect(write(readTrends, readTrends({})).toString()).toBe(''));

  it('is usable whatever stands there', () => {
    for (const hostile of ['series=%5B%5B%5D%2C1%2C%7B%7D%5D', 'range=custom&from=2026-13&to=x', 'breakdown=%7B%22key%22%3A5%7D', 'kind=__proto__', 'bucket=9y', 'series=null'])
      expect(readTrends(rawOf(new URLSearchParams(hostile))).series.length).toBeGreaterThan(0);
  });
});
