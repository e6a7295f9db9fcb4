import { text } from '../text';

/** What is counted: `count`, `users`, or a calculation over a property, `sum:price`. */
export type MeasureKind = keyof typeof text.query.measures;
export const measureKinds = Object.keys(text.query.measures) as MeasureKind[];

export function measureOf(kind: MeasureKind, property: string): string {
  return kind === 'count' || kind === 'users' ? kind : `${kind}:${property}`;
}

export function partsOf(measure: string): { kind: MeasureKind; property: string } {
  const at = measure.indexOf(':');
  const name = at < 0 ? measure : measure.slice(0, at);
  return { kind: measureKinds.find((kind) => kind === name) ?? 'count', property: at < 0 ? '' : measure.slice(at + 1) };
}

/** Whether it can be asked: a calculation needs its property. */
export function isWholeMeasure(measure: string): boolean {
  const { kind, property } = partsOf(measure);
  return kind === 'count' || kind === 'users' || property.length > 0;
}

export function labelOf(measure: string): string {
  const { kind, property } = partsOf(measure);
  return [text.query.measures[kind], property].filter(Boolean).join(' ');
}
