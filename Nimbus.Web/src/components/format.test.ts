import { describe, expect, it } from 'vitest';
import { formatBucket, formatDuration, formatPercent, formatShort, formatTime, formatValue } from './format';

describe('a figure', () => {
  it('is short where it is large, and never a number where there is none', () => {
    expect([0, 9_999, 10_000, 1_234_567].map((value) => formatShort(value))).toEqual(['0', '9,999', '10K', '1.2M']);
    expect([0.5, 1 / 3, null, undefined, Number.NaN, 1 / 0].map((share) => formatPercent(share))).toEqual(['50%', '33.3%', '–', '–', '–', '–']);
  });
});

describe('a length of time', () => {
  it('is told in its two largest units', () => {
    expect([null, 0, 0.25, 59.96, 60, 3_599, 86_400, 90_061].map((seconds) => formatDuration(seconds)))
      .toEqual(['–', '0 ms', '250 ms', '60 s', '1 min', '59 min 59 s', '1 d', '1 d 1 h']);
  });
});

describe('a time', () => {
  it('is that of the project, also where its day is another one', () => {
    expect(formatTime('2026-03-01T23:30:00Z', 'Asia/Tokyo', 'minute')).toBe('2 Mar 2026, 08:30');
    expect(formatBucket('2026-03-01T23:30:00Z', '1h', 'America/New_York')).toBe('1 Mar, 18:30');
    expect(formatBucket('2026-03-01T12:00:00Z', '1mo', 'UTC')).toBe('Mar 2026');
  });
});

describe('a value of an event', () => {
  it('is text, whatever it is', () => {
    expect(['<b>', 5, null, { a: [1] }, undefined].map(formatValue)).toEqual(['<b>', '5', 'null', '{"a":[1]}', '']);
  });
});
