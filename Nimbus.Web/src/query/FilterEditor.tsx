import { ActionIcon, Autocomplete, Button, Select, TextInput } from '@mantine/core';
import { Plus, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { text } from '../text';
import { type Filter, type Operator, operators, scalarOf, typedOf, wantsList, wantsNoValue, wantsText } from './filters';
import { PropertyPicker } from './PropertyPicker';
import styles from './query.module.css';
import { useValues } from './schema';

/** Conditions that all hold. `event` is the one whose properties and values are offered. */
export function FilterEditor({ filters, onChange, event, allowed = operators }: {
  filters: Filter[]; onChange: (filters: Filter[]) => void; event?: string | undefined; allowed?: readonly Operator[];
}) {
  // A filter is written to the address with its key; until then it is only here.
  const [adding, setAdding] = useState(false);
  const replace = (at: number, filter: Filter) => onChange(filters.map((old, i) => (i === at ? filter : old)));
  return (
    <div className={styles.filters} role="group" aria-label={text.query.filter}>
      {filters.map((filter, i) => (
        <Row key={i} filter={filter} event={event} allowed={allowed} onChange={(changed) => replace(i, changed)} onRemove={() => onChange(filters.filter((_, other) => other !== i))} />
      ))}
      {adding && (
        <Row
          filter={{ source: 'prop', key: '', op: 'eq', values: [] }} event={event} allowed={allowed}
          onChange={(filter) => {
            setAdding(false);
            onChange([...filters, filter]);
          }}
          onRemove={() => setAdding(false)}
        />
      )}
      {!adding && (
        <Button variant="subtle" size="compact-sm" leftSection={<Plus size={15} aria-hidden />} onClick={() => setAdding(true)} className={styles.add}>
          {text.query.addFilter}
        </Button>
      )}
    </div>
  );
}

function Row({ filter, event, allowed, onChange, onRemove }: {
  filter: Filter; event: string | undefined; allowed: readonly Operator[]; onChange: (filter: Filter) => void; onRemove: () => void;
}) {
  return (
    <div className={styles.filter}>
      <PropertyPicker event={event} value={filter.key} onChange={(key) => key && onChange({ ...filter, key, values: [] })} />
      <Select
        aria-label={text.query.operator} data={allowed.map((op) => ({ value: op, label: text.query.operators[op] }))} value={filter.op} allowDeselect={false} disabled={!filter.key}
        onChange={(op) => onChange({ ...filter, op: (op ?? 'eq') as Operator, values: op && wantsNoValue(op as Operator) ? [] : filter.values })}
      />
      {wantsNoValue(filter.op) ? <span /> : <ValueField key={filter.op} filter={filter} event={event} onChange={(values) => onChange({ ...filter, values })} />}
      <ActionIcon variant="subtle" color="gray" aria-label={text.query.removeFilter} onClick={onRemove}><X size={16} aria-hidden /></ActionIcon>
    </div>
  );
}

/** Typed values take part once they are left or entered, so that no half of a word is asked for. */
function ValueField({ filter, event, onChange }: { filter: Filter; event: string | undefined; onChange: (values: Filter['values']) => void }) {
  const several = wantsList(filter.op) || filter.op === 'between';
  const shown = filter.values.map(typedOf).join(', ');
  const [typed, setTyped] = useState(shown);
  useEffect(() => setTyped(shown), [shown]);
  const values = useValues(event, several || wantsText(filter.op) ? '' : filter.key);
  const label = several ? text.query.values : text.query.value;
  const keep = (written: string) => {
    const parts = several ? written.split(',').map((part) => part.trim()).filter(Boolean) : written === '' ? [] : [written];
    const next = parts.map((part) => (wantsText(filter.op) ? part : scalarOf(part)));
    if (JSON.stringify(next) !== JSON.stringify(filter.values)) onChange(next);
  };
  const shared = {
    'aria-label': label, placeholder: label, value: typed, disabled: !filter.key, onBlur: () => keep(typed),
    onKeyDown: (pressed: React.KeyboardEvent) => {
      if (pressed.key === 'Enter') keep(typed);
    },
  };
  if (several || wantsText(filter.op)) return <TextInput {...shared} onChange={(change) => setTyped(change.currentTarget.value)} />;
  const offered = (values.data ?? []).map(({ value }) => value as unknown).filter((value) => ['string', 'number', 'boolean'].includes(typeof value));
  return (
    <Autocomplete {...shared} data={[...new Set(offered.map((value) => typedOf(value as string)))]} limit={50} onChange={setTyped} onOptionSubmit={keep} />
  );
}
