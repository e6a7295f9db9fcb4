import { NumberInput, Select } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import { api, ask, type Schemas } from '../../api/client';
import { useProject } from '../../app/me';
import { ChartFrame } from '../../components/ChartFrame';
import { formatBucket } from '../../components/format';
import { PageHead } from '../../components/PageHead';
import { Panel } from '../../components/Panel';
import { EventPicker } from '../../query/EventPicker';
import builder from '../../query/query.module.css';
import { RangePicker } from '../../query/RangePicker';
import { useUrlState } from '../../query/urlState';
import { text } from '../../text';
import { SaveQuestion } from '../dashboards/SaveQuestion';
import { type PeopleOf, PeopleDrawer } from '../people/PeopleDrawer';
import { callOf, documentOf, kinds, modes, mostWindows, readRetention, type RetentionBucket, retentionBuckets, type RetentionKind, type RetentionMode, tableOf } from './retention';
import { RetentionTriangle } from './RetentionTriangle';

const bucketNames = { day: '1d', week: '1w', month: '1mo' } as const;

export default function RetentionPage() {
  const project = useProject();
  const [question, change] = useUrlState(readRetention);
  const document = useMemo(() => documentOf(question, project.id, project.time_zone), [question, project]);
  const answer = useQuery({
    queryKey: ['retention', document],
    queryFn: ({ signal }) => ask(api.POST('/v1/insights/retention', { body: document, signal })),
    placeholderData: keepPreviousData,
  });
  const [people, setPeople] = useState<PeopleOf | null>(null);
  const name = useMemo(
    () => (start: string) => formatBucket(start, bucketNames[question.bucket], project.time_zone), [question.bucket, project.time_zone]);
  const table = useMemo(() => (answer.data ? tableOf(answer.data, name) : null), [answer.data, name]);

  const showPeople = useCallback((start: string, window: number) => {
    const body = { ...document, cohort: start, window } as Schemas['RetentionPeopleDocument'];
    setPeople({
      title: text.retention.who(name(start), window),
      key: ['retention', body],
      list: (cursor, signal) => ask(api.POST('/v1/insights/retention/people', { body: { ...body, cursor, limit: 50 }, signal })),
    });
  }, [document, name]);

  return (
    <>
      <PageHead title={text.retention.title} intro={text.retention.intro} />
      <Panel>
        <div className={builder.builder}>
          <EventPicker label={text.retention.start} value={question.start} onChange={(start) => change({ start })} />
          <EventPicker label={text.retention.returning} value={question.returning} onChange={(returning) => change({ returning })} />
          <Select
            label={text.retention.kind} w={260} allowDeselect={false} value={question.kind}
            data={kinds.map((one) => ({ value: one, label: text.retention.kinds[one] }))} onChange={(kind) => change({ kind: kind as RetentionKind })}
          />
          <Select
            label={text.retention.mode} w={170} allowDeselect={false} value={question.mode}
            data={modes.map((one) => ({ value: one, label: text.retention.modes[one] }))} onChange={(mode) => change({ mode: mode as RetentionMode })}
          />
          <RangePicker value={question} onChange={(range) => change(range)} />
          <Select
            label={text.query.bucket} w={110} allowDeselect={false} value={question.bucket}
            data={retentionBuckets.map((one) => ({ value: one, label: text.retention.buckets[one] }))} onChange={(bucket) => change({ bucket: bucket as RetentionBucket })}
          />
          <NumberInput
            label={text.retention.windows} w={110} min={2} max={mostWindows} clampBehavior="strict" allowDecimal={false} value={question.windows}
            onChange={(windows) => typeof windows === 'number' && change({ windows })}
          />
        </div>
      </Panel>
      <ChartFrame
        title={text.retention.title} answer={answer} table={table} call={callOf(document)} computedMs={answer.data?.computed_ms}
        actions={<SaveQuestion kind="retention" document={document} range={question.range} />}
        empty={answer.data !== undefined && answer.data.cohorts.every(({ size }) => size === 0)}
      >
        {answer.data && <RetentionTriangle answer={answer.data} name={name} onPeople={showPeople} />}
      </ChartFrame>
      <PeopleDrawer of={people} onClose={() => setPeople(null)} />
    </>
  );
}
