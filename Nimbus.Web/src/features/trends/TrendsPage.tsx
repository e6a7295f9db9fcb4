import { ActionIcon, Button, Checkbox, SegmentedControl, Select, TextInput } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Plus, X } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { api, ask } from '../../api/client';
import { useProject } from '../../app/me';
import { ChartFrame } from '../../components/ChartFrame';
import { PageHead } from '../../components/PageHead';
import { Panel } from '../../components/Panel';
import { TimeChart } from '../../components/TimeChart';
import { BreakdownPicker } from '../../query/BreakdownPicker';
import { EventPicker } from '../../query/EventPicker';
import { FilterEditor } from '../../query/FilterEditor';
import { MeasurePicker } from '../../query/MeasurePicker';
import builder from '../../query/query.module.css';
import { type Bucket, buckets } from '../../query/range';
import { RangePicker } from '../../query/RangePicker';
import { useUrlState } from '../../query/urlState';
import { text } from '../../text';
import { SaveQuestion } from '../dashboards/SaveQuestion';
import { addsUp, bucketOf, callOf, documentOf, drawnOf, isUnfinished, mostSeries, plainSeries, readTrends, tableOf, type TrendsSeries } from './trends';
import styles from './TrendsPage.module.css';

export default function TrendsPage() {
  const project = useProject();
  const [question, change] = useUrlState(readTrends);
  const document = useMemo(() => documentOf(question, project.id, project.time_zone), [question, project]);
  const answer = useQuery({
    queryKey: ['trends', document],
    // With the bucket it was asked by: while the next answer is awaited, this one is still shown as what it is.
    queryFn: async ({ signal }) => ({ ...(await ask(api.POST('/v1/insights/trends', { body: document, signal }))), bucket: bucketOf(question) }),
    placeholderData: keepPreviousData,
  });
  const bucket = answer.data?.bucket ?? bucketOf(question);
  const drawn = useMemo(() => (answer.data ? drawnOf(answer.data) : null), [answer.data]);
  const table = useMemo(() => (drawn ? tableOf(drawn, bucket, project.time_zone) : null), [drawn, bucket, project.time_zone]);
  const empty = drawn !== null && drawn.series.every(({ values }) => values.every((value) => !value));
  const replace = (at: number, series: TrendsSeries) => change({ series: question.series.map((old, i) => (i === at ? series : old)) });

  return (
    <>
      <PageHead title={text.trends.title} intro={text.trends.intro} />
      <Panel>
        {question.series.map((series, i) => (
          <div key={i} className={styles.series}>
            <span className={styles.letter} data-color={i % 10} aria-hidden>{String.fromCharCode(65 + i)}</span>
            <div className={styles.fields}>
              <div className={builder.builder}>
                <EventPicker value={series.event} onChange={(event) => replace(i, { ...series, event })} />
                <MeasurePicker event={series.event} value={series.measure} onChange={(measure) => replace(i, { ...series, measure })} />
              </div>
              <FilterEditor event={series.event} filters={series.filters} onChange={(filters) => replace(i, { ...series, filters })} />
            </div>
            {question.series.length > 1 && (
              <ActionIcon variant="subtle" color="gray" aria-label={text.query.removeSeries} onClick={() => change({ series: question.series.filter((_, other) => other !== i) })}>
                <X size={16} aria-hidden />
              </ActionIcon>
            )}
          </div>
        ))}
        <div className={styles.under}>
          {question.series.length < mostSeries && (
            <Button variant="light" size="compact-sm" leftSection={<Plus size={15} aria-hidden />} onClick={() => change({ series: [...question.series, plainSeries] })}>
              {text.query.addSeries}
            </Button>
          )}
          {question.series.length > 1 && <Formula value={question.formula} onChange={(formula) => change({ formula })} />}
        </div>
        <hr className={styles.rule} />
        <div className={builder.builder}>
          <RangePicker value={question} onChange={(range) => change({ ...range, bucket: '' })} />
          <Select
            label={text.query.bucket} w={130} allowDeselect={false} value={bucketOf(question)} data={buckets.map((one) => ({ value: one, label: text.query.buckets[one] }))}
            onChange={(one) => change({ bucket: one as Bucket })}
          />
          <BreakdownPicker event={question.series[0]?.event} value={question.breakdown} onChange={(breakdown) => change({ breakdown })} />
          <Checkbox label={text.query.compare} checked={question.compare} onChange={(e) => change({ compare: e.currentTarget.checked })} className={styles.check} />
        </div>
      </Panel>
      <ChartFrame
        title={text.trends.title} answer={answer} table={table} call={callOf(document)} computedMs={answer.data?.computed_ms} empty={empty}
        actions={
          <>
            <SegmentedControl
              size="xs" aria-label={text.trends.kind} value={question.kind} onChange={(kind) => change({ kind: kind as 'line' | 'bar' })}
              data={[{ value: 'line', label: text.trends.kinds.line }, { value: 'bar', label: text.trends.kinds.bar }]}
            />
            <SaveQuestion kind="trends" document={document} range={question.range} />
          </>
        }
      >
        {drawn && <TimeChart {...drawn} unfinished={isUnfinished(drawn.times, answer.dataUpdatedAt)} bucket={bucket} timeZone={project.time_zone} kind={question.kind} stacked={addsUp(question)} label={`${text.trends.title}: ${drawn.series.map(({ label }) => label).join(', ')}`} />}
      </ChartFrame>
    </>
  );
}

function Formula({ value, onChange }: { value: string; onChange: (formula: string) => void }) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  return (
    <TextInput
      size="xs" className={styles.formula} aria-label={text.query.formula} placeholder={text.query.formulaHint} value={typed} onChange={(e) => setTyped(e.currentTarget.value)}
      onBlur={() => typed !== value && onChange(typed.trim())}
      onKeyDown={(e) => {
        if (e.key === 'Enter') onChange(typed.trim());
      }}
    />
  );
}
