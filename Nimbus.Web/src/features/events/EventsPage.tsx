import { Tabs, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { PageHead } from '../../components/PageHead';
import { Panel } from '../../components/Panel';
import { EventPicker } from '../../query/EventPicker';
import { FilterEditor } from '../../query/FilterEditor';
import builder from '../../query/query.module.css';
import { RangePicker } from '../../query/RangePicker';
import { useUrlState } from '../../query/urlState';
import { text } from '../../text';
import { EventList } from './EventList';
import { readEvents } from './events';
import { SchemaView } from './SchemaView';

export default function EventsPage() {
  const [question, change] = useUrlState(readEvents);
  return (
    <>
      <PageHead title={text.events.title} intro={text.events.intro} />
      <Tabs value={question.view} onChange={(view) => change({ view: view === 'schema' ? 'schema' : 'explorer' })} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="explorer">{text.events.explorer}</Tabs.Tab>
          <Tabs.Tab value="schema">{text.events.schema}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="explorer">
          <Panel>
            <div className={builder.builder}>
              <EventPicker value={question.name} onChange={(name) => change({ name })} />
              <UserField value={question.user} onChange={(user) => change({ user })} />
              <RangePicker value={question} onChange={(range) => change(range)} />
              <FilterEditor event={question.name} filters={question.filters} onChange={(filters) => change({ filters })} allowed={['eq']} />
            </div>
          </Panel>
          <EventList question={question} />
        </Tabs.Panel>
        <Tabs.Panel value="schema">
          <SchemaView name={question.name} onChoose={(name) => change({ name })} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

function UserField({ value, onChange }: { value: string; onChange: (user: string) => void }) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  const keep = () => typed.trim() !== value && onChange(typed.trim());
  return (
    <TextInput
      label={text.events.user} placeholder={text.events.userHint} value={typed} onChange={(e) => setTyped(e.currentTarget.value)} onBlur={keep}
      onKeyDown={(e) => {
        if (e.key === 'Enter') keep();
      }}
    />
  );
}
