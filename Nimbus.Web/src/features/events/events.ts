import type { ApiCall } from '../../components/ApiCallPanel';
import { type Filter, readFilter, typedOf } from '../../query/filters';
import { boundsOf, type Range, readRange } from '../../query/range';
import { listAt, oneOf, textAt } from '../../query/urlState';

export interface EventsQuestion extends Range {
  name: string;
  user: string;
  filters: Filter[];
  view: 'explorer' | 'schema';
}

export function readEvents(raw: Record<string, unknown>): EventsQuestion {
  return {
    ...readRange(raw, '7d'),
    name: textAt(raw, 'name').slice(0, 200),
    user: textAt(raw, 'user').slice(0, 200),
    filters: listAt(raw, 'filters', readFilter, 20),
    view: oneOf(raw, 'view', ['explorer', 'schema'], 'explorer'),
  };
}

/** The question as the API takes it: properties are equal to a value, and nothing else. */
export function callOf(question: EventsQuestion, projectId: string, timeZone: string, path = '/v1/events'): ApiCall {
  const { from, to } = boundsOf(question, timeZone);
  const params = new URLSearchParams({ project_id: projectId, from, to });
  if (question.name) params.set('name', question.name);
  if (question.user) params.set('user_id', question.user);
  for (const { key, values } of question.filters) {
    const value = values[0];
    if (value !== undefined && value !== '') params.append(`props.${key}`, typeof value === 'string' ? value : typedOf(value));
  }
  return { method: 'GET', path: `${path}?${params}` };
}
