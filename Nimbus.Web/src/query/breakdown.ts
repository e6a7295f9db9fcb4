import { type Source, sources } from './filters';

/** A property by whose values an answer is split. */
export interface Breakdown {
  source: Source;
  key: string;
}

export function readBreakdown(value: unknown): Breakdown | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { source, key } = value as Record<string, unknown>;
  return typeof key === 'string' && key.length > 0 && key.length <= 500 ? { source: sources.find((one) => one === source) ?? 'prop', key } : undefined;
}

/** As a query document has it. */
export function groupByOf(breakdown: Breakdown | undefined): { [source: string]: string } | undefined {
  return breakdown && { [breakdown.source]: breakdown.key };
}
