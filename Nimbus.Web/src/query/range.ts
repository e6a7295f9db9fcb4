import { oneOf, textAt } from './urlState';

/** How far an answer reaches: a name such as 30d, or two dates. All of it is in the project's time zone. */
export interface Range {
  range: RangeName;
  from?: string | undefined;
  to?: string | undefined;
}

export const rangeNames = ['1h', '24h', 'today', '7d', '30d', '90d', '12mo', 'custom'] as const;
export type RangeName = (typeof rangeNames)[number];

export const buckets = ['1m', '5m', '15m', '1h', '1d', '1w', '1mo'] as const;
export type Bucket = (typeof buckets)[number];

const days: Partial<Record<RangeName, number>> = { today: 1, '7d': 7, '30d': 30, '90d': 90 };
const isDate = /^\d{4}-\d{2}-\d{2}$/;

export function readRange(raw: Record<string, unknown>, usual: RangeName = '30d'): Range {
  const range = oneOf(raw, 'range', rangeNames, usual);
  if (range !== 'custom') return { range };
  const [from, to] = [textAt(raw, 'from'), textAt(raw, 'to')];
  return isDate.test(from) && isDate.test(to) && from <= to ? { range, from, to } : { range: usual };
}

/**
 * The bounds as the API wants them: dates, of which the last is included, or instants for what is shorter than a day.
 * Instants are cut to the minute, so that the same question asked again within it is the same.
 */
export function boundsOf(range: Range, timeZone: string, now = new Date()): { from: string; to: string } {
  if (range.range === 'custom' && range.from && range.to) return { from: range.from, to: range.to };
  if (range.range === '1h' || range.range === '24h') {
    const end = Math.ceil(now.getTime() / 60_000) * 60_000;
    const start = end - (range.range === '1h' ? 1 : 24) * 3_600_000;
    return { from: new Date(start).toISOString(), to: new Date(end).toISOString() };
  }
  const today = dateIn(timeZone, now);
  return { from: range.range === '12mo' ? monthsBefore(today, 11) : daysBefore(today, (days[range.range] ?? 30) - 1), to: today };
}

/** The bucket that gives a readable number of points. */
export function usualBucket(range: Range): Bucket {
  switch (range.range) {
    case '1h': return '1m';
    case '24h': case 'today': return '1h';
    case '90d': return '1d';
    case '12mo': return '1mo';
    case 'custom': {
      const length = range.from && range.to ? (Date.parse(range.to) - Date.parse(range.from)) / 86_400_000 + 1 : 30;
      return length <= 2 ? '1h' : length <= 120 ? '1d' : length <= 730 ? '1w' : '1mo';
    }
    default: return '1d';
  }
}

/** The calendar date at an instant in a time zone. */
export function dateIn(timeZone: string, at: Date): string {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).formatToParts(at);
  const part = (type: string) => parts.find((found) => found.type === type)?.value ?? '';
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`;
}

// Dates alone, without a zone: arithmetic on the calendar.
function daysBefore(date: string, count: number): string {
  const day = new Date(`${date}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() - count);
  return day.toISOString().slice(0, 10);
}

function monthsBefore(date: string, count: number): string {
  const day = new Date(`${date.slice(0, 7)}-01T00:00:00Z`);
  day.setUTCMonth(day.getUTCMonth() - count);
  return day.toISOString().slice(0, 10);
}
