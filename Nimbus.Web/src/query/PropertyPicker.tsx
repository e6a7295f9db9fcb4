import { Autocomplete } from '@mantine/core';
import { useEffect, useState } from 'react';
import { text } from '../text';
import { useProperties } from './schema';

/** A property by its key: one that was seen, or any other that is typed. */
export function PropertyPicker({ event, value, onChange, label = text.query.property, labelled = false, numeric = false }: {
  event?: string | undefined; value: string; onChange: (key: string) => void; label?: string; labelled?: boolean; numeric?: boolean;
}) {
  const properties = useProperties(event);
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  const keys = (properties.data?.properties ?? []).filter(({ types }) => !numeric || types.some(({ type }) => type === 'number')).map(({ key }) => key);
  const keep = (key: string) => {
    if (key.trim() !== value) onChange(key.trim());
  };
  return (
    <Autocomplete
      {...(labelled ? { label } : { 'aria-label': label })}
      placeholder={text.query.chooseProperty} data={keys} limit={100} value={typed}
      onChange={setTyped} onOptionSubmit={keep} onBlur={() => keep(typed)}
      onKeyDown={(pressed) => {
        if (pressed.key === 'Enter') keep(typed);
      }}
    />
  );
}
