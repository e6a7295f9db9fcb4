import type { Schemas } from '../../api/client';
import type { ApiCall } from '../../components/ApiCallPanel';
import type { DataTable } from '../../components/export';
import { formatPercent } from '../../components/format';
import { boundsOf, type Range, readRange } from '../../query/range';
import { numberAt, oneOf, textAt } from '../../query/urlState';
import { text } from '../../text';

/** The question of the page, as it stands in the address. */
export interface RetentionQuestion extends Range {
  start: string;
  returning: string;
  bucket: RetentionBucket;
  windows: number;
  kind: RetentionKind;
  mode: RetentionMode;
}

export const retentionBuckets = ['day', 'week', 'month'] as const;
export type RetentionBucket = (typeof retentionBuckets)[number];
export const kinds = ['first_time', 'recurring'] as const;
export type RetentionKind = (typeof kinds)[number];
export const modes = ['on', 'on_or_after'] as const;
export type RetentionMode = (typeof modes)[number];
export const mostWindows = 31;

export function readRetention(raw: Record<string, unknown>): RetentionQuestion {
  return {
    ...readRange(raw),
    start: textAt(raw, 'start').slice(0, 200),
    returning: textAt(raw, 'returning').slice(0, 200),
    bucket: oneOf(raw, 'bucket', retentionBuckets, 'day'),
    windows: Math.round(numberAt(raw, 'windows', 8, 2, mostWindows)),
    kind: oneOf(raw, 'kind', kinds, 'first_time'),
    mode: oneOf(raw, 'mode', modes, 'on'),
  };
}

/** The question as the API takes it. */
export function documentOf(question: RetentionQuestion, projectId: string, timeZone: string): Schemas['RetentionDocument'] {
  return {
    project_id: projectId,
    ...boundsOf(question, timeZone),
    start: question.start ? { name: question.start } : {},
    return: question.returning ? { name: question.returning } : {},
    bucket: question.bucket,
    windows: question.windows,
    kind: question.kind,
    mode: question.mode,
  } as Schemas['RetentionDocument'];
}

export function callOf(document: Schemas['RetentionDocument']): ApiCall {
  return { method: 'POST', path: '/v1/insights/retention', body: document };
}

/** How much of a cohort came back, 0 to 1; null where the window has not begun. */
export function shareOf({ size, retained }: Schemas['RetentionCohort'], window: number): number | null {
  const people = retained[window];
  return people == null || size === 0 ? null : people / size;
}

export function tableOf(answer: Schemas['RetentionResult'], name: (start: string) => string): DataTable {
  const windows = answer.average.length;
  return {
    columns: [text.retention.cohort, text.retention.people, ...Array.from({ length: windows }, (_, n) => text.retention.window(n))],
    rows: answer.cohorts.map((cohort) => [name(cohort.start), cohort.size, ...Array.from({ length: windows }, (_, n) => {
      const share = shareOf(cohort, n);
      return share === null ? null : `${cohort.retained[n]} (${formatPercent(share)})`;
    })]),
  };
}
