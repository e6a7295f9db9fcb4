import { Combobox, TextInput, useCombobox } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { Search as SearchIcon } from 'lucide-react';
import { useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { useEventNames } from '../query/schema';
import { text } from '../text';
import { useProject } from './me';
import { pages } from './pages';
import styles from './Search.module.css';

const shown = 8;

/** One field for pages, events and people, reached with "/". */
export function Search() {
  const project = useProject();
  const navigate = useNavigate();
  const input = useRef<HTMLInputElement>(null);
  const [wanted, setWanted] = useState('');
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  const names = useEventNames();
  useHotkeys([['/', () => input.current?.focus()]]);

  const matches = (label: string) => label.toLowerCase().includes(wanted.trim().toLowerCase());
  const foundPages = pages.filter(({ label }) => matches(label)).slice(0, shown);
  const foundEvents = wanted.trim() === '' ? [] : (names.data ?? []).filter(({ name }) => matches(name)).slice(0, shown);
  const searchesPeople = wanted.trim() !== '' && pages.some(({ path }) => path === 'people');

  const go = (target: string) => {
    setWanted('');
    combobox.closeDropdown();
    input.current?.blur();
    void navigate(`/p/${project.id}/${target}`);
  };

  return (
    <Combobox store={combobox} onOptionSubmit={go} shadow="md">
      <Combobox.Target>
        <TextInput
          ref={input} className={styles.field} value={wanted} aria-label={text.app.search} placeholder={text.app.searchShort}
          leftSection={<SearchIcon size={16} aria-hidden />}
          rightSection={<kbd className={styles.key} title={text.app.searchHint} aria-hidden>/</kbd>}
          onChange={(event) => {
            setWanted(event.currentTarget.value);
            combobox.openDropdown();
            combobox.selectFirstOption();
          }}
          onFocus={() => combobox.openDropdown()} onBlur={() => combobox.closeDropdown()}
          onKeyDown={(event) => {
            if (event.key === 'Escape') event.currentTarget.blur();
          }}
        />
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Options aria-label={text.app.search} mah={420} className={styles.options}>
          {foundPages.length > 0 && (
            <Combobox.Group label={text.app.pages}>
              {foundPages.map(({ path, label }) => <Combobox.Option key={path} value={path}>{label}</Combobox.Option>)}
            </Combobox.Group>
          )}
          {foundEvents.length > 0 && (
            <Combobox.Group label={text.app.events}>
              {foundEvents.map(({ name }) => (
                <Combobox.Option key={name} value={`events?name=${encodeURIComponent(name)}`}>{name}</Combobox.Option>
              ))}
            </Combobox.Group>
          )}
          {searchesPeople && (
            <Combobox.Group label={text.app.people}>
              <Combobox.Option value={`people?search=${encodeURIComponent(wanted.trim())}`}>{text.app.searchPeople(wanted.trim())}</Combobox.Option>
            </Combobox.Group>
          )}
          {foundPages.length === 0 && foundEvents.length === 0 && !searchesPeople && <Combobox.Empty>{text.app.searchNothing}</Combobox.Empty>}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
