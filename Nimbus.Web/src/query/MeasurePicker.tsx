import { Select } from '@mantine/core';
import { text } from '../text';
import { type MeasureKind, measureKinds, measureOf, partsOf } from './measure';
import { PropertyPicker } from './PropertyPicker';
import styles from './query.module.css';

export function MeasurePicker({ event, value, onChange, labelled = true }: {
  event?: string | undefined; value: string; onChange: (measure: string) => void; labelled?: boolean;
}) {
  const { kind, property } = partsOf(value);
  return (
    <div className={styles.measure}>
      <Select
        {...(labelled ? { label: text.query.measure } : { 'aria-label': text.query.measure })} allowDeselect={false} value={kind}
        data={measureKinds.map((one) => ({ value: one, label: text.query.measures[one] }))}
        onChange={(one) => onChange(measureOf((one ?? 'count') as MeasureKind, property))}
      />
      {kind !== 'count' && kind !== 'users' && (
        <PropertyPicker event={event} numeric value={property} labelled={labelled} onChange={(key) => onChange(measureOf(kind, key))} />
      )}
    </div>
  );
}
