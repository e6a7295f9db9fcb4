import { ActionIcon, Button, Select } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Plus, X } from 'lucide-react';
import { useMemo, useState } from 'react';
import { api, ask, type Schemas } from '../../api/client';
import { useProject } from '../../app/me';
import { ChartFrame } from '../../components/ChartFrame';
import { EmptyState } from '../../components/EmptyState';
import { PageHead } from '../../components/PageHead';
import { Panel } from '../../components/Panel';
import { BreakdownPicker } from '../../query/BreakdownPicker';
import { EventPicker } from '../../query/EventPicker';
import { FilterEditor } from '../../query/FilterEditor';
import builder from '../../query/query.module.css';
import { RangePicker } from '../../query/RangePicker';
import { useUrlState } from '../../query/urlState';
import { text } from '../../text';
import { SaveQuestion } from '../dashboards/SaveQuestion';
import { type PeopleOf, PeopleDrawer } from '../people/PeopleDrawer';
import { FunnelBars } from './FunnelBars';
import { callOf, type CountBy, counts, documentOf, type FunnelStep, groupsOf, isWhole, mostSteps, type Order, orders, plainStep, readFunnel, tableOf, windows } from './funnels';
import styles from './FunnelsPage.module.css';

export default function FunnelsPage() {
  const project = useProject();
  const [question, change] = useUrlState(readFunnel);
  const document = useMemo(() => documentOf(question, project.id, project.time_zone), [question, project]);
  const whole = isWhole(question);
  const answer = useQuery({
    queryKey: ['funnel', document],
    queryFn: ({ signal }) => ask(api.POST('/v1/insights/funnel', { body: document, signal })),
    placeholderData: keepPreviousData,
    enabled: whole,
  });
  const [people, setPeople] = useState<PeopleOf | null>(null);
  const groups = useMemo(() => (answer.data ? groupsOf(answer.data) : []), [answer.data]);
  const table = useMemo(() => (answer.data ? tableOf(answer.data) : null), [answer.data]);
  const replace = (at: number, step: FunnelStep) => change({ steps: question.steps.map((old, i) => (i === at ? step : old)) });

  const showPeople = (step: number, dropped: boolean, label: string) => {
    const body = { ...document, group_by: undefined, step, dropped } as unknown as Schemas['FunnelPeopleDocument'];
    setPeople({
      title: dropped ? text.funnels.leftBefore(label) : text.funnels.reached(label),
      key: ['funnel', body],
      list: (cursor, signal) => ask(api.POST('/v1/insights/funnel/people', { body: { ...body, cursor, limit: 50 }, signal })),
    });
  };

  return (
    <>
      <PageHead title={text.funnels.title} intro={text.funnels.intro} />
      <Panel>
        <ol className={styles.steps}>
          {question.steps.map((step, i) => (
            <li key={i}>
              <span className={styles.number} aria-hidden>{i + 1}</span>
              <div className={styles.fields}>
                <EventPicker label={text.funnels.stepOf(i + 1)} withAll={false} value={step.event} onChange={(event) => replace(i, { ...step, event })} />
                {step.event && <FilterEditor event={step.event} filters={step.filters} onChange={(filters) => replace(i, { ...step, filters })} />}
              </div>
              {question.steps.length > 2 && (
                <ActionIcon variant="subtle" color="gray" aria-label={text.funnels.removeStep(i + 1)} onClick={() => change({ steps: question.steps.filter((_, other) => other !== i) })}>
                  <X size={16} aria-hidden />
                </ActionIcon>
              )}
            </li>
          ))}
        </ol>
        {question.steps.length < mostSteps && (
          <Button variant="light" size="compact-sm" leftSection={<Plus size={15} aria-hidden />} onClick={() => change({ steps: [...question.steps, plainStep] })}>
            {text.funnels.addStep}
          </Button>
        )}
        <hr className={styles.rule} />
        <div className={builder.builder}>
          <RangePicker value={question} onChange={(range) => change(range)} />
          <Select
            label={text.funnels.within} w={120} allowDeselect={false} value={question.window}
            data={windows.map((one) => ({ value: one, label: text.funnels.windows[one] }))} onChange={(window) => change({ window: window ?? '7d' })}
          />
          <Select
            label={text.funnels.order} w={190} allowDeselect={false} value={question.order}
            data={orders.map((one) => ({ value: one, label: text.funnels.orders[one] }))} onChange={(order) => change({ order: order as Order })}
          />
          <Select
            label={text.funnels.counted} w={130} allowDeselect={false} value={question.countBy}
            data={counts.map((one) => ({ value: one, label: text.funnels.counts[one] }))} onChange={(countBy) => change({ countBy: countBy as CountBy })}
          />
          <EventPicker
            label={text.funnels.exclude} value={question.exclude[0] ?? ''} onChange={(name) => change({ exclude: name ? [name] : [] })} allLabel={text.funnels.excludeNothing}
          />
          <BreakdownPicker event={question.steps[0]?.event} value={question.breakdown} onChange={(breakdown) => change({ breakdown })} />
        </div>
      </Panel>
      {whole ? (
        <ChartFrame
          title={text.funnels.title} answer={answer} table={table} call={callOf(document)} computedMs={answer.data?.computed_ms}
          actions={<SaveQuestion kind="funnel" document={document} range={question.range} />}
          empty={answer.data !== undefined && answer.data.steps[0]?.people === 0} emptyTitle={text.funnels.emptyTitle} emptyDetail={text.funnels.empty}
        >
          {groups.map((group, i) => <FunnelBars key={i} group={group} onPeople={groups.length === 1 && !question.breakdown ? showPeople : null} />)}
        </ChartFrame>
      ) : <Panel><EmptyState title={text.funnels.beginTitle} detail={text.funnels.begin} /></Panel>}
      <PeopleDrawer of={people} onClose={() => setPeople(null)} />
    </>
  );
}
