import { text } from '../text';

/** One condition as it is edited; `values` are as they were typed or chosen. */
export interface Filter {
  source: Source;
  key: string;
  op: Operator;
  values: Scalar[];
}

export type Scalar = string | number | boolean;
export const sources = ['prop', 'context', 'trait'] as const;
export type Source = (typeof sources)[number];
export type Operator = keyof typeof text.query.operators;
export const operators = Object.keys(text.query.operators) as Operator[];

const mostValues = 100;
const longestText = 500;

export const wantsNoValue = (op: Operator) => op === 'set' || op === 'not_set';
export const wantsList = (op: Operator) => op === 'in' || op === 'not_in';
export const wantsNumbers = (op: Operator) => ['gt', 'gte', 'lt', 'lte', 'between'].includes(op);
export const wantsText = (op: Operator) => ['contains', 'not_contains', 'regex'].includes(op);

/** A filter out of an address; null of what is none. */
export function readFilter(value: unknown): Filter | null {
  if (typeof value !== 'object' || value === null) return null;
  const { source, key, op, values } = value as Record<string, unknown>;
  if (typeof key !== 'string' || key.length === 0 || key.length > longestText) return null;
  return {
    source: sources.find((one) => one === source) ?? 'prop',
    key,
    op: operators.find((one) => one === op) ?? 'eq',
    values: Array.isArray(values) ? values.filter(isScalar).slice(0, mostValues) : [],
  };
}

/** Whether there is enough of it to ask with. */
export function isComplete({ op, values }: Filter): boolean {
  if (wantsNoValue(op)) return true;
  if (op === 'between') return values.length === 2 && values.every(isNumber);
  if (wantsNumbers(op)) return values.length === 1 && values.every(isNumber);
  return values.length > 0 && values.every((value) => value !== '');
}

export type Where = { [field: string]: unknown };

/** The filters as a query document has them; undefined where there are none. */
export function whereOf(filters: Filter[]): Where | undefined {
  const parts = filters.filter(isComplete).map(({ source, key, op, values }): Where => ({
    [source]: key,
    op,
    ...(wantsNoValue(op) ? {} : { value: wantsList(op) || op === 'between' ? values : values[0] }),
  }));
  return parts.length === 0 ? undefined : parts.length === 1 ? parts[0] : { and: parts };
}

/** What was typed, as the value it means: 12 is a number, "12" in quotation marks is text. */
export function scalarOf(typed: string): Scalar {
  const trimmed = typed.trim();
  if (/^".*"$/s.test(trimmed)) {
    try {
      const quoted: unknown = JSON.parse(trimmed);
      if (typeof quoted === 'string') return quoted;
    } catch {
      return typed;
    }
  }
  if (trimmed === 'true' || trimmed === 'false') return trimmed === 'true';
  // Longer ones are ids, whose digits a number would lose.
  if (/^-?(0|[1-9]\d{0,14})(\.\d{1,12})?$/.test(trimmed)) return Number(trimmed);
  return typed;
}

/** A value as one types it: so that reading it again gives the same. */
export function typedOf(value: Scalar): string {
  return typeof value === 'string' && typeof scalarOf(value) !== 'string' ? JSON.stringify(value) : String(value);
}

/** A filter in words. */
export function sentenceOf({ key, op, values }: Filter): string {
  return [key, text.query.operators[op], wantsNoValue(op) ? '' : values.map(String).join(op === 'between' ? ` ${text.query.and} ` : ', ')].join(' ').trim();
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)) || (typeof value === 'string' && value.length <= longestText);
}

function isNumber(value: Scalar): boolean {
  return typeof value === 'number';
}
