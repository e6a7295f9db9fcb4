import { scalarOf } from '../../query/filters';

export const cohortKinds = ['did', 'did_not', 'trait', 'list'] as const;
export type CohortKind = (typeof cohortKinds)[number];
export const cohortWindows = ['1d', '7d', '14d', '30d', '90d'] as const;

/** A cohort as the form has it. */
export interface CohortDraft {
  name: string;
  kind: CohortKind;
  event: string;
  times: number;
  within: string;
  trait: string;
  value: string;
  ids: string;
}

export const plainDraft: CohortDraft = { name: '', kind: 'did', event: '', times: 1, within: '30d', trait: '', value: '', ids: '' };

export function isWhole({ name, kind, trait, value, ids }: CohortDraft): boolean {
  if (!name.trim()) return false;
  return kind === 'trait' ? trait.trim() !== '' && value !== '' : kind === 'list' ? idsOf(ids).length > 0 : true;
}

/** The body that makes it. */
export function documentOf(draft: CohortDraft, projectId: string): Record<string, unknown> {
  const base = { project_id: projectId, name: draft.name.trim() };
  const event = draft.event ? { name: draft.event } : {};
  switch (draft.kind) {
    case 'did': return { ...base, definition: { did: event, at_least: draft.times, within: draft.within } };
    case 'did_not': return { ...base, definition: { did_not: event, within: draft.within } };
    case 'trait': return { ...base, definition: { trait: draft.trait.trim(), op: 'eq', value: scalarOf(draft.value) } };
    case 'list': return { ...base, list: true };
  }
}

export function idsOf(typed: string): string[] {
  return [...new Set(typed.split(/\r?\n/).map((line) => line.trim()).filter(Boolean))];
}
