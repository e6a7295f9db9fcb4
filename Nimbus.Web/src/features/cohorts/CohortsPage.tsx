import { Button, Group, NumberInput, Select, Table, Text, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { askJson } from '../../api/client';
import { useProject } from '../../app/me';
import { Confirm } from '../../components/Confirm';
import { EmptyState } from '../../components/EmptyState';
import { formatNumber, formatTime } from '../../components/format';
import { PageHead } from '../../components/PageHead';
import { Panel } from '../../components/Panel';
import { ProblemNote } from '../../components/ProblemNote';
import { RowsSkeleton } from '../../components/Skeletons';
import { useArrows } from '../../components/useArrows';
import { EventPicker } from '../../query/EventPicker';
import builder from '../../query/query.module.css';
import { text } from '../../text';
import { type CohortDraft, type CohortKind, cohortKinds, cohortWindows, documentOf, idsOf, isWhole, plainDraft } from './cohorts';

interface Cohort {
  id: string;
  name: string;
  list: boolean;
  created_at: string;
  size?: number;
}

export default function CohortsPage() {
  const project = useProject();
  const queries = useQueryClient();
  const [deleting, setDeleting] = useState<Cohort | null>(null);
  const cohorts = useQuery({
    queryKey: ['cohorts', project.id],
    queryFn: async ({ signal }) => (await askJson<{ cohorts: Cohort[] }>('GET', `/v1/cohorts?project_id=${project.id}&limit=100`, undefined, signal)).cohorts,
  });
  const remove = useMutation({
    mutationFn: (id: string) => askJson('DELETE', `/v1/cohorts/${id}?project_id=${project.id}`),
    onSuccess: () => {
      setDeleting(null);
      void queries.invalidateQueries({ queryKey: ['cohorts', project.id] });
    },
  });
  const arrows = useArrows();
  const mayChange = project.role !== 'viewer';
  return (
    <>
      <PageHead title={text.cohorts.title} intro={text.cohorts.intro} />
      {mayChange && <NewCohort />}
      <Panel title={text.cohorts.title} flush>
        {cohorts.error ? <ProblemNote problem={cohorts.error} retry={() => void cohorts.refetch()} />
          : cohorts.isPending ? <RowsSkeleton />
          : cohorts.data.length === 0 ? <EmptyState title={text.cohorts.emptyTitle} detail={text.cohorts.empty} />
          : (
            <Table.ScrollContainer minWidth={300} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
              <Table {...arrows}>
                <Table.Thead><Table.Tr><Table.Th>{text.cohorts.name}</Table.Th><Table.Th>{text.cohorts.size}</Table.Th><Table.Th>{text.cohorts.made}</Table.Th><Table.Td /></Table.Tr></Table.Thead>
                <Table.Tbody>
                  {cohorts.data.map((cohort) => (
                    <Table.Tr key={cohort.id}>
                      <Table.Td><Link data-row to={`/p/${project.id}/people?cohort=${cohort.id}`} title={text.cohorts.show}>{cohort.name}</Link> <Text span size="sm" c="dimmed">{cohort.list ? text.cohorts.list : text.cohorts.rule}</Text></Table.Td>
                      <Table.Td><Size id={cohort.id} /></Table.Td>
                      <Table.Td>{formatTime(cohort.created_at, project.time_zone, 'date')}</Table.Td>
                      <Table.Td>{mayChange && <Button size="compact-sm" variant="subtle" color="var(--bad)" onClick={() => setDeleting(cohort)}>{text.action.delete}</Button>}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )}
      </Panel>
      <Confirm
        title={text.cohorts.delete} detail={text.cohorts.deleteAsk} action={text.cohorts.delete} opened={deleting !== null} busy={remove.isPending} problem={remove.error}
        onConfirm={() => deleting && remove.mutate(deleting.id)} onClose={() => setDeleting(null)}
      />
    </>
  );
}

/** How many are in it now. */
function Size({ id }: { id: string }) {
  const project = useProject();
  const cohort = useQuery({
    queryKey: ['cohort', project.id, id],
    queryFn: ({ signal }) => askJson<Cohort>('GET', `/v1/cohorts/${id}?project_id=${project.id}`, undefined, signal),
  });
  return <span className="figure">{cohort.error ? '–' : cohort.isPending ? '…' : formatNumber(cohort.data.size)}</span>;
}

function NewCohort() {
  const project = useProject();
  const queries = useQueryClient();
  const [draft, setDraft] = useState<CohortDraft>(plainDraft);
  const change = (part: Partial<CohortDraft>) => setDraft({ ...draft, ...part });
  const make = useMutation({
    mutationFn: async () => {
      const made = await askJson<Cohort>('POST', '/v1/cohorts', documentOf(draft, project.id));
      if (draft.kind !== 'list') return 0;
      const { unknown } = await askJson<{ unknown: number }>('POST', `/v1/cohorts/${made.id}/members?project_id=${project.id}`, { distinct_ids: idsOf(draft.ids) });
      return unknown;
    },
    onSuccess: () => {
      setDraft(plainDraft);
      void queries.invalidateQueries({ queryKey: ['cohorts', project.id] });
    },
  });
  return (
    <Panel title={text.cohorts.new}>
      <form
        onSubmit={(submitted) => {
          submitted.preventDefault();
          if (isWhole(draft)) make.mutate();
        }}
      >
        <div className={builder.builder}>
          <TextInput label={text.cohorts.name} maxLength={200} value={draft.name} onChange={(event) => change({ name: event.currentTarget.value })} />
          <Select
            label={text.cohorts.kind} w={210} allowDeselect={false} value={draft.kind}
            data={cohortKinds.map((kind) => ({ value: kind, label: text.cohorts.kinds[kind] }))} onChange={(kind) => change({ kind: kind as CohortKind })}
          />
          {(draft.kind === 'did' || draft.kind === 'did_not') && <EventPicker value={draft.event} onChange={(event) => change({ event })} />}
          {draft.kind === 'did' && (
            <NumberInput
              label={text.cohorts.atLeast} w={190} min={1} max={1000} allowDecimal={false} clampBehavior="strict" value={draft.times}
              onChange={(times) => typeof times === 'number' && change({ times })}
            />
          )}
          {(draft.kind === 'did' || draft.kind === 'did_not') && (
            <Select
              label={text.cohorts.within} w={130} allowDeselect={false} value={draft.within}
              data={cohortWindows.map((one) => ({ value: one, label: text.funnels.windows[one] }))} onChange={(within) => change({ within: within ?? '30d' })}
            />
          )}
          {draft.kind === 'trait' && <TextInput label={text.cohorts.trait} value={draft.trait} onChange={(event) => change({ trait: event.currentTarget.value })} />}
          {draft.kind === 'trait' && <TextInput label={text.query.value} value={draft.value} onChange={(event) => change({ value: event.currentTarget.value })} />}
        </div>
        {draft.kind === 'list' && <Textarea mt="sm" label={text.cohorts.ids} placeholder={text.cohorts.idsHint} autosize minRows={3} maxRows={12} value={draft.ids} onChange={(event) => change({ ids: event.currentTarget.value })} />}
        <Group mt="md"><Button type="submit" disabled={!isWhole(draft)} loading={make.isPending}>{text.action.create}</Button></Group>
      </form>
      {make.error && <ProblemNote problem={make.error} />}
      {make.data ? <Text size="sm" mt="sm">{text.cohorts.unknown(make.data)}</Text> : null}
    </Panel>
  );
}
