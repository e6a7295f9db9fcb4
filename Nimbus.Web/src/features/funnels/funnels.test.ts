import { describe, expect, it } from 'vitest';
import { documentOf, isWhole, readFunnel } from './funnels';

describe('a funnel', () => {
  it('has two steps to begin with, whatever the address says', () => {
    for (const hostile of [undefined, 'x', 5, [], [null], [{ event: 5 }], {}]) expect(readFunnel({ steps: hostile }).steps).toHaveLength(2);
    expect(isWhole(readFunnel({}))).toBe(false);
  });

  it('is asked as it stands in the address', () => {
    const question = readFunnel({
      steps: [{ event: 'view' }, { event: 'buy', filters: [{ key: 'plan', op: 'eq', values: ['pro'] }] }],
      range: 'custom', from: '2026-03-01', to: '2026-03-31', window: '1d', order: 'strict', exclude: ['refund'], countBy: 'session',
      breakdown: { source: 'context', key: 'country' },
    });
    expect(isWhole(question)).toBe(true);
    expect(documentOf(question, 'p', 'UTC')).toEqual({
      project_id: 'p', from: '2026-03-01', to: '2026-03-31', window: '1d', order: 'strict', count_by: 'session', exclude: [{ name: 'refund' }],
      steps: [{ name: 'view' }, { name: 'buy', where: { prop: 'plan', op: 'eq', value: 'pro' } }], group_by: { context: 'country' },
    });
  });
});
