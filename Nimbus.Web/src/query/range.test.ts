import { describe, expect, it } from 'vitest';
import { boundsOf, dateIn, usualBucket } from './range';

describe('a range', () => {
  const now = new Date('2026-03-01T03:30:20Z');

  it('is in the days of the project', () => {
    expect(boundsOf({ range: 'today' }, 'America/New_York', now)).toEqual({ from: '2026-02-28', to: '2026-02-28' });
    expect(boundsOf({ range: '7d' }, 'Asia/Tokyo', now)).toEqual({ from: '2026-02-23', to: '2026-03-01' });
    expect(boundsOf({ range: '12mo' }, 'UTC', now)).toEqual({ from: '2025-04-01', to: '2026-03-01' });
  });

  it('shorter than a day ends with the minute that runs', () => {
    expect(boundsOf({ range: '1h' }, 'UTC', now)).toEqual({ from: '2026-03-01T02:31:00.000Z', to: '2026-03-01T03:31:00.000Z' });
  });

  it('knows the date on either side of midnight', () => {
    expect(dateIn('Pacific/Kiritimati', new Date('2026-12-31T10:00:00Z'))).toBe('2027-01-01');
  });

  it('has buckets that can be told apart', () => {
    expect(usualBucket({ range: 'custom', from: '2020-01-01', to: '2026-01-01' })).toBe('1mo');
    expect(usualBucket({ range: 'custom', from: '2026-01-01', to: '2026-01-02' })).toBe('1h');
  });
});
