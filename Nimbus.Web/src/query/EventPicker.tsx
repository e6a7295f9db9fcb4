import { Select } from '@mantine/core';
import { text } from '../text';
import { useEventNames } from './schema';

const all = '$all';

/** One of the project's events; empty is all of them, where that is offered. */
export function EventPicker({ value, onChange, withAll = true, allLabel = text.query.allEvents, label = text.query.event, labelled = true }: {
  value: string; onChange: (name: string) => void; withAll?: boolean; allLabel?: string; label?: string; labelled?: boolean;
}) {
  const names = useEventNames();
  const known = (names.data ?? []).map(({ name }) => name);
  const options = [
    ...(withAll ? [{ value: all, label: allLabel }] : []),
    // A name of the address is offered although it does not occur (yet).
    ...[...new Set([...(value ? [value] : []), ...known])].map((name) => ({ value: name, label: name })),
  ];
  return (
    <Select
      {...(labelled ? { label } : { 'aria-label': label })}
      searchable allowDeselect={false} nothingFoundMessage={text.query.noEvents} placeholder={text.query.chooseEvent} limit={200}
      data={options} value={value || (withAll ? all : null)} onChange={(name) => onChange(!name || name === all ? '' : name)}
    />
  );
}
