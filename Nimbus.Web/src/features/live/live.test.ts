import { describe, expect, it } from 'vitest';
import { backOff, type LiveEvent, readMessage, withNewest } from './live';

describe('a message of the feed', () => {
  it('is read, whatever it is', () => {
    for (const odd of [null, 5, 'x', '[]', '{}', '{"type":"ping"}', '{"type":"event"}', '{"type":"later"}']) expect(readMessage(odd)).toEqual({ kind: 'other' });
    expect(readMessage('{"type":"metrics","events_per_second":"many","names":[null,{"name":"a","count":1},{"name":"b","count":3}]}'))
      .toEqual({ kind: 'metrics', metrics: { perSecond: 0, activePeople: 0, byName: [{ name: 'b', count: 3 }, { name: 'a', count: 1 }] } });
  });
});

describe('the list', () => {
  const event = (id: string) => ({ id }) as LiveEvent;

  it('holds the newest, each once', () => {
    const events = ['a', 'b', 'b', 'c'].reduce((all, id) => withNewest(all, event(id), 2), [] as LiveEvent[]);
    expect(events.map(({ id }) => id)).toEqual(['c', 'b']);
  });

  it('waits longer for each try, and never for ever', () => {
    expect([0, 1, 5, 50].map(backOff)).toEqual([500, 1000, 15_000, 15_000]);
  });
});
