const numbers = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 2 });
const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });
const percents = new Intl.NumberFormat('en-GB', { style: 'percent', maximumFractionDigits: 1 });

export const formatNumber = (value: number | null | undefined) => (value == null ? '–' : numbers.format(value));
export const formatShort = (value: number | null | undefined) => (value == null ? '–' : Math.abs(value) < 10_000 ? numbers.format(value) : short.format(value));
export const formatPercent = (share: number | null | undefined) => (share == null || !Number.isFinite(share) ? '–' : percents.format(share));

/** An instant in the project's time zone, as exact as wanted. */
export function formatTime(ts: string | number | Date, timeZone: string, exact: 'date' | 'minute' | 'second' | 'ms' = 'second'): string {
  const time: Intl.DateTimeFormatOptions = exact === 'date' ? {} : {
    hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
    ...(exact === 'minute' ? {} : { second: '2-digit' }), ...(exact === 'ms' ? { fractionalSecondDigits: 3 } : {}),
  };
  return formatter({ timeZone, year: 'numeric', month: 'short', day: 'numeric', ...time }).format(new Date(ts));
}

/** The start of a bucket, as short as it can be told. */
export function formatBucket(ts: string | number, bucket: string, timeZone: string): string {
  const options: Intl.DateTimeFormatOptions =
    bucket === '1s' ? { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }
    : bucket === '1mo' ? { month: 'short', year: 'numeric' }
    : bucket === '1d' || bucket === '1w' ? { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' }
    : { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
  return formatter({ timeZone, ...options }).format(new Date(ts));
}

/** A length of time in its two largest units. */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds == null) return '–';
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${numbers.format(Math.round(seconds * 10) / 10)} s`;
  const units: [number, string][] = [[86_400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const at = units.findIndex(([size]) => seconds >= size);
  const [size, name] = units[at]!;
  const [nextSize, nextName] = units[at + 1] ?? [1, 's'];
  const rest = Math.floor((seconds % size) / nextSize);
  return `${Math.floor(seconds / size)} ${name}${rest > 0 ? ` ${rest} ${nextName}` : ''}`;
}

/** A value of an event as text, whatever it is. */
export function formatValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value) ?? '';
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify(options);
  let found = formatters.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat('en-GB', options);
    formatters.set(key, found);
  }
  return found;
}
