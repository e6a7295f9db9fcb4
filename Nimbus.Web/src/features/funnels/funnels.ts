import type { Schemas } from '../../api/client';
import type { ApiCall } from '../../components/ApiCallPanel';
import type { DataTable } from '../../components/export';
import { formatDuration, formatPercent, formatValue } from '../../components/format';
import { type Breakdown, groupByOf, readBreakdown } from '../../query/breakdown';
import { type Filter, readFilter, whereOf } from '../../query/filters';
import { boundsOf, type Range, readRange } from '../../query/range';
import { listAt, oneOf, textAt } from '../../query/urlState';
import { text } from '../../text';

/** The question of the page, as it stands in the address. */
export interface FunnelQuestion extends Range {
  steps: FunnelStep[];
  window: string;
  order: Order;
  countBy: CountBy;
  exclude: string[];
  breakdown: Breakdown | undefined;
}

export interface FunnelStep {
  event: string;
  filters: Filter[];
}

export const orders = ['ordered', 'strict', 'any'] as const;
export type Order = (typeof orders)[number];
export const counts = ['person', 'session'] as const;
export type CountBy = (typeof counts)[number];
export const windows = ['30m', '1h', '12h', '1d', '3d', '7d', '14d', '30d', '90d'] as const;

export const mostSteps = 20;
export const plainStep: FunnelStep = { event: '', filters: [] };

export function readFunnel(raw: Record<string, unknown>): FunnelQuestion {
  const steps = listAt(raw, 'steps', readStep, mostSteps);
  return {
    ...readRange(raw),
    steps: steps.length > 1 ? steps : [...steps, plainStep, plainStep].slice(0, 2),
    window: oneOf(raw, 'window', windows, '7d'),
    order: oneOf(raw, 'order', orders, 'ordered'),
    countBy: oneOf(raw, 'countBy', counts, 'person'),
    exclude: listAt(raw, 'exclude', (name) => (typeof name === 'string' && name ? name.slice(0, 200) : null), 10),
    breakdown: readBreakdown(raw.breakdown),
  };
}

function readStep(value: unknown): FunnelStep | null {
  if (typeof value !== 'object' || value === null) return null;
  const raw = value as Record<string, unknown>;
  return { event: textAt(raw, 'event').slice(0, 200), filters: listAt(raw, 'filters', readFilter, 20) };
}

/** Whether it can be asked: each step has its event. */
export function isWhole(question: FunnelQuestion): boolean {
  return question.steps.every(({ event }) => event !== '');
}

/** The question as the API takes it. */
export function documentOf(question: FunnelQuestion, projectId: string, timeZone: string): Schemas['FunnelDocument'] {
  const groupBy = groupByOf(question.breakdown);
  return {
    project_id: projectId,
    ...boundsOf(question, timeZone),
    steps: question.steps.map(({ event, filters }) => {
      const where = whereOf(filters);
      return { name: event, ...(where ? { where } : {}) };
    }),
    window: question.window,
    ...(question.order === 'ordered' ? {} : { order: question.order }),
    ...(question.countBy === 'person' ? {} : { count_by: question.countBy }),
    ...(question.exclude.length > 0 ? { exclude: question.exclude.map((name) => ({ name })) } : {}),
    ...(groupBy ? { group_by: groupBy } : {}),
  } as Schemas['FunnelDocument'];
}

export function callOf(document: Schemas['FunnelDocument']): ApiCall {
  return { method: 'POST', path: '/v1/insights/funnel', body: document };
}

export interface DrawnGroup {
  label: string;
  steps: Schemas['FunnelStepResult'][];
}

/** One row of bars for each group, the whole where there are none. */
export function groupsOf(answer: Schemas['FunnelResult']): DrawnGroup[] {
  if (!answer.groups) return [{ label: '', steps: answer.steps }];
  return answer.groups.map(({ value, other, steps }) => ({
    label: other ? text.query.other : value === null ? text.query.missing : formatValue(value), steps,
  }));
}

export function tableOf(answer: Schemas['FunnelResult']): DataTable {
  const grouped = Boolean(answer.groups);
  return {
    columns: [
      ...(grouped ? [text.query.breakdown] : []), text.funnels.step, text.funnels.people, text.funnels.conversion, text.funnels.fromBefore, text.funnels.median,
    ],
    rows: groupsOf(answer).flatMap(({ label, steps }) => steps.map((step) => [
      ...(grouped ? [label] : []), step.label, step.people, formatPercent(step.conversion), formatPercent(step.step_conversion), formatDuration(step.median_seconds),
    ])),
  };
}
