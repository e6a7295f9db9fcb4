import { describe, expect, it } from 'vitest';
import { type Filter, isComplete, readFilter, scalarOf, typedOf, whereOf } from './filters';

const filter = (part: Partial<Filter>): Filter => ({ source: 'prop', key: 'plan', op: 'eq', values: ['pro'], ...part });

describe('a filter', () => {
  it('is sent as the document has it', () => {
    expect(whereOf([filter({})])).toEqual({ prop: 'plan', op: 'eq', value: 'pro' });
    expect(whereOf([filter({ source: 'trait', op: 'in', values: ['a', 2] })])).toEqual({ trait: 'plan', op: 'in', value: ['a', 2] });
    expect(whereOf([filter({ op: 'set', values: [] })])).toEqual({ prop: 'plan', op: 'set' });
  });

  it('joins others by and', () => {
    expect(whereOf([filter({}), filter({ key: 'price', op: 'gt', values: [5] })]))
      .toEqual({ and: [{ prop: 'plan', op: 'eq', value: 'pro' }, { prop: 'price', op: 'gt', value: 5 }] });
  });

  it('waits until it is complete', () => {
    expect(whereOf([filter({ values: [] })])).toBeUndefined();
    expect(isComplete(filter({ op: 'gt', values: ['five'] }))).toBe(false);
    expect(isComplete(filter({ op: 'between', values: [1] }))).toBe(false);
    expect(isComplete(filter({ op: 'between', values: [1, 2] }))).toBe(true);
  });

  it('is read from an address, whatever stands there', () => {
    for (const hostile of [null, 1, 'x', [], {}, { key: 5 }, { key: '' }, { key: 'x'.repeat(1000) }]) expect(readFilter(hostile)).toBeNull();
    expect(readFilter({ key: 'a', op: '__proto__', source: 'constructor', values: [{}, null, 'x', 1] })).toEqual({ source: 'prop', key: 'a', op: 'eq', values: ['x', 1] });
  });
});

describe('a typed value', () => {
  it.each([['12', 12], ['-1.5', -1.5], ['true', true], ['"12"', '12'], ['pro', 'pro'], ['007', '007'], ['12345678901234567890', '12345678901234567890'], ['1e5', '1e5']])(
    '%s means %s', (typed, value) => expect(scalarOf(typed)).toBe(value));

  it.each(['12', 12, 'true', true, 'a "b" c', '', ' x'])('%s comes back as it was', (value) => expect(scalarOf(typedOf(value))).toBe(value));
});
