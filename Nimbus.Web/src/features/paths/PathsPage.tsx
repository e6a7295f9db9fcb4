import { NumberInput, SegmentedControl } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api, ask } from '../../api/client';
import { useProject } from '../../app/me';
import { ChartFrame } from '../../components/ChartFrame';
import { EmptyState } from '../../components/EmptyState';
import { PageHead } from '../../components/PageHead';
import { Panel } from '../../components/Panel';
import { EventPicker } from '../../query/EventPicker';
import builder from '../../query/query.module.css';
import { RangePicker } from '../../query/RangePicker';
import { useUrlState } from '../../query/urlState';
import { text } from '../../text';
import { SaveQuestion } from '../dashboards/SaveQuestion';
import { type Direction, directions, documentOf, readPaths, size, tableOf } from './paths';
import { PathsFlow } from './PathsFlow';

export default function PathsPage() {
  const project = useProject();
  const [question, change] = useUrlState(readPaths);
  const document = useMemo(() => documentOf(question, project.id, project.time_zone), [question, project]);
  const answer = useQuery({
    queryKey: ['paths', document],
    queryFn: ({ signal }) => ask(api.POST('/v1/insights/paths', { body: document, signal })),
    placeholderData: keepPreviousData,
    enabled: question.event !== '',
  });
  const table = useMemo(() => (answer.data ? tableOf(answer.data) : null), [answer.data]);

  return (
    <>
      <PageHead title={text.paths.title} intro={text.paths.intro} />
      <Panel>
        <div className={builder.builder}>
          <SegmentedControl
            aria-label={text.paths.direction} value={question.direction} onChange={(direction) => change({ direction: direction as Direction })}
            data={directions.map((one) => ({ value: one, label: text.paths.directions[one] }))}
          />
          <EventPicker withAll={false} value={question.event} onChange={(event) => change({ event })} />
          <RangePicker value={question} onChange={(range) => change(range)} />
          <NumberInput
            label={text.paths.depth} w={100} min={2} max={10} clampBehavior="strict" allowDecimal={false} value={question.depth}
            onChange={(depth) => typeof depth === 'number' && change({ depth })}
          />
          <NumberInput
            label={text.paths.top} w={130} min={1} max={20} clampBehavior="strict" allowDecimal={false} value={question.top}
            onChange={(top) => typeof top === 'number' && change({ top })}
          />
        </div>
      </Panel>
      {question.event === '' ? <Panel><EmptyState title={text.paths.beginTitle} detail={text.paths.begin} /></Panel> : (
        <ChartFrame
          title={text.paths.title} answer={answer} table={table} call={{ method: 'POST', path: '/v1/insights/paths', body: document }}
          computedMs={answer.data?.computed_ms}
          actions={<SaveQuestion kind="paths" document={document} range={question.range} />} empty={answer.data !== undefined && answer.data.nodes.length === 0} height={size.height}
        >
          {answer.data && <PathsFlow answer={answer.data} />}
        </ChartFrame>
      )}
    </>
  );
}
