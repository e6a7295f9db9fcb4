import type { Schemas } from '../../api/client';
import type { DataTable } from '../../components/export';
import { formatBucket } from '../../components/format';
import type { TimeSeries } from '../../components/TimeChart';
import { boundsOf, type Bucket, type Range, readRange } from '../../query/range';
import { oneOf, textAt } from '../../query/urlState';
import { text } from '../../text';

/** The question of the page, as it stands in the address. */
export interface LifecycleQuestion extends Range {
  event: string;
  bucket: Bucket;
}

export const lifecycleBuckets = ['1d', '1w', '1mo'] as const;
export const states = ['new', 'returning', 'resurrecting', 'dormant'] as const;

export function readLifecycle(raw: Record<string, unknown>): LifecycleQuestion {
  return { ...readRange(raw), event: textAt(raw, 'event').slice(0, 200), bucket: oneOf(raw, 'bucket', lifecycleBuckets, '1d') };
}

/** The question as the API takes it; the one about stickiness is the same. */
export function documentOf(question: LifecycleQuestion, projectId: string, timeZone: string): Schemas['LifecycleDocument'] {
  return {
    project_id: projectId, ...boundsOf(question, timeZone), bucket: question.bucket, ...(question.event ? { name: question.event } : {}),
  } as Schemas['LifecycleDocument'];
}

export function drawnOf(answer: Schemas['LifecycleResult']): { times: number[]; series: TimeSeries[] } {
  return {
    times: answer.buckets.map(({ ts }) => Date.parse(ts)),
    series: states.map((state, color): TimeSeries => ({
      label: text.lifecycle.states[state], values: answer.buckets.map((bucket) => bucket[state]), total: null, color,
    })),
  };
}

export function tableOf(answer: Schemas['LifecycleResult'], bucket: string, timeZone: string): DataTable {
  return {
    columns: [text.chart.time, ...states.map((state) => text.lifecycle.states[state])],
    rows: answer.buckets.map((one) => [formatBucket(one.ts, bucket, timeZone), ...states.map((state) => one[state])]),
  };
}

export function stickinessTable(answer: Schemas['StickinessResult']): DataTable {
  return { columns: [text.lifecycle.days, text.retention.people], rows: answer.days.map(({ n, people }) => [n, people]) };
}
