import { Select, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useProject } from '../app/me';
import { text } from '../text';
import styles from './query.module.css';
import { boundsOf, type Range, type RangeName, rangeNames } from './range';

/** How far an answer reaches, in the project's days. */
export function RangePicker({ value, onChange, names = rangeNames }: { value: Range; onChange: (range: Range) => void; names?: readonly RangeName[] }) {
  const { time_zone: timeZone } = useProject();
  const choose = (range: RangeName) => {
    if (range !== 'custom') return onChange({ range, from: undefined, to: undefined });
    const { from, to } = boundsOf({ range: '7d' }, timeZone);
    onChange({ range, from, to });
  };
  return (
    <>
      <Select
        className={styles.range} label={text.query.range} allowDeselect={false} value={value.range}
        data={names.map((range) => ({ value: range, label: text.query.ranges[range] }))}
        onChange={(range) => choose((range ?? '30d') as RangeName)}
      />
      {value.range === 'custom' && (
        <>
          <DateField label={text.query.from} value={value.from ?? ''} onChange={(from) => onChange({ ...value, from, to: (value.to ?? from) < from ? from : value.to })} />
          <DateField label={text.query.to} value={value.to ?? ''} onChange={(to) => onChange({ ...value, to, from: (value.from ?? to) > to ? to : value.from })} />
        </>
      )}
    </>
  );
}

function DateField({ label, value, onChange }: { label: string; value: string; onChange: (date: string) => void }) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  return (
    <TextInput
      type="date" label={label} value={typed} onChange={(change) => setTyped(change.currentTarget.value)}
      onBlur={() => (/^\d{4}-\d{2}-\d{2}$/.test(typed) ? typed !== value && onChange(typed) : setTyped(value))}
    />
  );
}
