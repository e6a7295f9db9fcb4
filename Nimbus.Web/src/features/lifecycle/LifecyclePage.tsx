import { Select } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api, ask, type Schemas } from '../../api/client';
import { useProject } from '../../app/me';
import { ChartFrame } from '../../components/ChartFrame';
import { PageHead } from '../../components/PageHead';
import { Panel } from '../../components/Panel';
import { TimeChart } from '../../components/TimeChart';
import { EventPicker } from '../../query/EventPicker';
import builder from '../../query/query.module.css';
import type { Bucket } from '../../query/range';
import { RangePicker } from '../../query/RangePicker';
import { useUrlState } from '../../query/urlState';
import { text } from '../../text';
import { SaveQuestion } from '../dashboards/SaveQuestion';
import { documentOf, drawnOf, lifecycleBuckets, readLifecycle, stickinessTable, tableOf } from './lifecycle';
import { StickinessDays } from './StickinessDays';

export default function LifecyclePage() {
  const project = useProject();
  const [question, change] = useUrlState(readLifecycle);
  const document = useMemo(() => documentOf(question, project.id, project.time_zone), [question, project]);
  const byDay = useMemo(() => ({ ...document, bucket: 'day' }) as Schemas['StickinessDocument'], [document]);
  const lifecycle = useQuery({
    queryKey: ['lifecycle', document],
    queryFn: ({ signal }) => ask(api.POST('/v1/insights/lifecycle', { body: document, signal })),
    placeholderData: keepPreviousData,
  });
  const stickiness = useQuery({
    queryKey: ['stickiness', byDay],
    queryFn: ({ signal }) => ask(api.POST('/v1/insights/stickiness', { body: byDay, signal })),
    placeholderData: keepPreviousData,
  });
  const drawn = useMemo(() => (lifecycle.data ? drawnOf(lifecycle.data) : null), [lifecycle.data]);
  const table = useMemo(
    () => (lifecycle.data ? tableOf(lifecycle.data, question.bucket, project.time_zone) : null), [lifecycle.data, question.bucket, project.time_zone]);
  const stickyTable = useMemo(() => (stickiness.data ? stickinessTable(stickiness.data) : null), [stickiness.data]);

  return (
    <>
      <PageHead title={text.lifecycle.title} intro={text.lifecycle.intro} />
      <Panel>
        <div className={builder.builder}>
          <EventPicker value={question.event} onChange={(event) => change({ event })} />
          <RangePicker value={question} onChange={(range) => change(range)} />
          <Select
            label={text.query.bucket} w={120} allowDeselect={false} value={question.bucket}
            data={lifecycleBuckets.map((one) => ({ value: one, label: text.query.buckets[one] }))} onChange={(bucket) => change({ bucket: bucket as Bucket })}
          />
        </div>
      </Panel>
      <ChartFrame
        title={text.lifecycle.title} answer={lifecycle} table={table} call={{ method: 'POST', path: '/v1/insights/lifecycle', body: document }}
        computedMs={lifecycle.data?.computed_ms} actions={<SaveQuestion kind="lifecycle" document={document} range={question.range} />} empty={drawn !== null && drawn.series.every(({ values }) => values.every((value) => !value))}
      >
        {drawn && <TimeChart {...drawn} bucket={question.bucket} timeZone={project.time_zone} kind="bar" stacked label={text.lifecycle.title} />}
      </ChartFrame>
      <ChartFrame
        title={text.lifecycle.stickiness} answer={stickiness} table={stickyTable}
        call={{ method: 'POST', path: '/v1/insights/stickiness', body: byDay }} computedMs={stickiness.data?.computed_ms}
        actions={<SaveQuestion kind="stickiness" document={byDay} range={question.range} />}
        empty={stickiness.data !== undefined && stickiness.data.days.every(({ people }) => people === 0)}
      >
        {stickiness.data && <StickinessDays days={stickiness.data.days} />}
      </ChartFrame>
    </>
  );
}
