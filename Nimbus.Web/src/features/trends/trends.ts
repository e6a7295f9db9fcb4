import type { ApiCall } from '../../components/ApiCallPanel';
import type { DataTable } from '../../components/export';
import { formatBucket, formatValue } from '../../components/format';
import type { TimeSeries } from '../../components/TimeChart';
import { type Breakdown, groupByOf, readBreakdown } from '../../query/breakdown';
import { type Filter, readFilter, whereOf } from '../../query/filters';
import { isWholeMeasure, labelOf } from '../../query/measure';
import { boundsOf, type Bucket, buckets, type Range, readRange, usualBucket } from '../../query/range';
import { listAt, oneOf, textAt } from '../../query/urlState';
import type { Schemas } from '../../api/client';
import { text } from '../../text';

/** The question of the page, as it stands in the address. */
export interface TrendsQuestion extends Range {
  series: TrendsSeries[];
  /** Empty: what suits the range. */
  bucket: Bucket | '';
  breakdown: Breakdown | undefined;
  compare: boolean;
  formula: string;
  kind: 'line' | 'bar';
}

export interface TrendsSeries {
  event: string;
  measure: string;
  filters: Filter[];
}

export const mostSeries = 10;
export const plainSeries: TrendsSeries = { event: '', measure: 'count', filters: [] };

export function readTrends(raw: Record<string, unknown>): TrendsQuestion {
  const series = listAt(raw, 'series', readSeries, mostSeries);
  return {
    ...readRange(raw),
    series: series.length > 0 ? series : [plainSeries],
    bucket: oneOf(raw, 'bucket', ['', ...buckets], ''),
    breakdown: readBreakdown(raw.breakdown),
    compare: raw.compare === true,
    formula: textAt(raw, 'formula').slice(0, 200),
    kind: oneOf(raw, 'kind', ['line', 'bar'], 'line'),
  };
}

function readSeries(value: unknown): TrendsSeries | null {
  if (typeof value !== 'object' || value === null) return null;
  const raw = value as Record<string, unknown>;
  return {
    event: textAt(raw, 'event').slice(0, 200),
    measure: textAt(raw, 'measure', 'count').slice(0, 300),
    filters: listAt(raw, 'filters', readFilter, 20),
  };
}

export function bucketOf(question: TrendsQuestion): Bucket {
  return question.bucket || usualBucket(question);
}

/** The question as the API takes it. A series whose measure has no property yet is counted meanwhile. */
export function documentOf(question: TrendsQuestion, projectId: string, timeZone: string): Schemas['TrendsDocument'] {
  const groupBy = groupByOf(question.breakdown);
  return {
    project_id: projectId,
    ...boundsOf(question, timeZone),
    bucket: bucketOf(question),
    series: question.series.map(({ event, measure, filters }) => {
      const where = whereOf(filters);
      return {
        ...(event ? { name: event } : {}),
        ...(isWholeMeasure(measure) && measure !== 'count' ? { measure } : {}),
        ...(where ? { where } : {}),
        label: seriesLabel({ event, measure, filters }),
      };
    }),
    ...(question.formula ? { formula: question.formula } : {}),
    ...(groupBy ? { group_by: groupBy, group_limit: 10 } : {}),
    ...(question.compare ? { compare: 'previous_period' } : {}),
  } as Schemas['TrendsDocument'];
}

export function callOf(document: Schemas['TrendsDocument']): ApiCall {
  return { method: 'POST', path: '/v1/insights/trends', body: document };
}

export function seriesLabel({ event, measure }: TrendsSeries): string {
  const name = event || text.query.allEvents;
  return measure === 'count' ? name : `${name} · ${labelOf(measure)}`;
}

/** What the answer draws: its lines, then those of the period before, bucket by bucket under the same times. */
export function drawnOf(answer: Schemas['TrendsResult']): { times: number[]; series: TimeSeries[] } {
  const several = answer.series.some(({ label }) => label !== answer.series[0]?.label);
  const named = (line: Schemas['TrendsLine']) => {
    if (line.other) return several ? `${line.label}: ${text.query.other}` : text.query.other;
    if (line.group === undefined) return line.label;
    // Without a breakdown there is no group; with one, null is the group of who has no value.
    return line.group === null && !answer.series.some(({ group }) => group != null) && !several ? line.label
      : line.group === null ? (grouped(answer) ? groupName(several, line.label, text.query.missing) : line.label)
      : groupName(several, line.label, formatValue(line.group));
  };
  const lines = answer.series.map((line, at): TimeSeries => ({
    label: named(line), values: line.points.map(({ value }) => (value ?? null) as number | null), total: line.total as number | null, color: at,
  }));
  const length = answer.series[0]?.points.length ?? 0;
  const before = (answer.compare ?? []).map((line, at): TimeSeries => ({
    label: `${named(line)}, ${text.chart.previous}`, values: line.points.map(({ value }) => (value ?? null) as number | null).slice(0, length),
    total: line.total as number | null, faint: true, color: at,
  }));
  return { times: (answer.series[0]?.points ?? []).map(({ ts }) => Date.parse(ts)), series: unique([...lines, ...before]) };
}

function grouped(answer: Schemas['TrendsResult']): boolean {
  return answer.series.some(({ group, other }) => group != null || other);
}

function groupName(several: boolean, label: string, group: string): string {
  return several ? `${label}: ${group}` : group;
}

/** The same label twice is told apart, since the legend goes by it. */
function unique(series: TimeSeries[]): TimeSeries[] {
  const seen = new Map<string, number>();
  return series.map((one) => {
    const count = (seen.get(one.label) ?? 0) + 1;
    seen.set(one.label, count);
    return count === 1 ? one : { ...one, label: `${one.label} (${count})` };
  });
}

export function tableOf(drawn: { times: number[]; series: TimeSeries[] }, bucket: string, timeZone: string): DataTable {
  return {
    columns: [text.chart.time, ...drawn.series.map(({ label }) => label)],
    rows: drawn.times.map((time, at) => [formatBucket(time, bucket, timeZone), ...drawn.series.map(({ values }) => values[at] ?? null)]),
  };
}

/** Whether the series say something as a sum: events do, people do not, since one can be in two of them. */
export function addsUp(question: TrendsQuestion): boolean {
  return !question.compare && !question.formula && question.series.every(({ measure }) => measure === 'count' || measure.startsWith('sum:'));
}

/** Whether the last bucket goes on beyond the time of the answer; it is as long as the one before it, or nearly. */
export function isUnfinished(times: number[], asOf: number): boolean {
  const [before, last] = times.slice(-2);
  return before !== undefined && last !== undefined && last + (last - before) > asOf;
}
