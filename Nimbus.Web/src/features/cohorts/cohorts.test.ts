import { describe, expect, it } from 'vitest';
import { documentOf, idsOf, isWhole, plainDraft } from './cohorts';

describe('a cohort', () => {
  it('is made of what people did, or did not do', () => {
    const draft = { ...plainDraft, name: ' Buyers ', event: 'buy', times: 3 };
    expect(documentOf(draft, 'p')).toEqual({ project_id: 'p', name: 'Buyers', definition: { did: { name: 'buy' }, at_least: 3, within: '30d' } });
    expect(documentOf({ ...draft, kind: 'did_not' }, 'p')).toEqual({ project_id: 'p', name: 'Buyers', definition: { did_not: { name: 'buy' }, within: '30d' } });
  });

  it('is made of a trait, whose value keeps its type', () => {
    expect(documentOf({ ...plainDraft, name: 'x', kind: 'trait', trait: 'seats', value: '5' }, 'p'))
      .toMatchObject({ definition: { trait: 'seats', op: 'eq', value: 5 } });
  });

  it('is a list of ids, each once', () => {
    expect(idsOf(' ada\r\nbob\n\nada ')).toEqual(['ada', 'bob']);
    expect(isWhole({ ...plainDraft, name: 'x', kind: 'list' })).toBe(false);
    expect(isWhole({ ...plainDraft, name: 'x', kind: 'list', ids: 'ada' })).toBe(true);
    expect(isWhole(plainDraft)).toBe(false);
  });
});
