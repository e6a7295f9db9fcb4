import { Button, TextInput } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Fragment, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { askJson, type Schemas } from '../../api/client';
import { mayManage, useProject } from '../../app/me';
import { Confirm } from '../../components/Confirm';
import { EmptyState } from '../../components/EmptyState';
import { formatTime, formatValue } from '../../components/format';
import { PageHead } from '../../components/PageHead';
import { Panel } from '../../components/Panel';
import { ProblemNote } from '../../components/ProblemNote';
import { RowsSkeleton } from '../../components/Skeletons';
import { text } from '../../text';
import { Details } from '../events/EventList';
import { Merges } from './Merges';
import styles from './people.module.css';

interface Profile {
  id: string;
  ids: string[];
  traits: Record<string, unknown>;
  groups: { type: string; id: string; since: string }[];
  first_seen: string;
  last_seen: string | null;
}

/** Everything that is known of a person, what they did, and what makes them one. */
export function PersonProfile() {
  const { personId = '' } = useParams();
  const project = useProject();
  const person = useQuery({
    queryKey: ['profile', project.id, personId],
    queryFn: ({ signal }) => askJson<Profile>('GET', `/v1/persons/${encodeURIComponent(personId)}?project_id=${project.id}`, undefined, signal),
  });
  if (person.error) return <ProblemNote problem={person.error} retry={() => void person.refetch()} />;
  if (person.isPending) return <RowsSkeleton />;
  const { ids, traits, groups, first_seen: firstSeen, last_seen: lastSeen } = person.data;
  const known = Object.entries(traits);
  return (
    <>
      <PageHead title={ids[ids.length - 1] ?? person.data.id} intro={text.people.profileIntro}>
        <Link to={`/p/${project.id}/people`}>{text.people.all}</Link>
      </PageHead>
      <div className={styles.columns}>
        <div>
          <Panel title={text.people.profile}>
            <dl className={styles.facts}>
              <dt>{text.people.firstSeen}</dt><dd>{formatTime(firstSeen, project.time_zone)}</dd>
              <dt>{text.people.lastSeen}</dt><dd>{lastSeen === null ? '–' : formatTime(lastSeen, project.time_zone)}</dd>
              {known.map(([name, value]) => <Fragment key={name}><dt>{name}</dt><dd>{formatValue(value)}</dd></Fragment>)}
              {groups.map((group) => <Fragment key={`${group.type} ${group.id}`}><dt>{group.type}</dt><dd>{group.id}</dd></Fragment>)}
            </dl>
            {known.length === 0 && <p>{text.people.noTraits}</p>}
          </Panel>
          <Panel title={text.people.ids}><ul className={styles.ids}>{ids.map((id) => <li key={id}>{id}</li>)}</ul></Panel>
          <Merges personId={person.data.id} />
          {mayManage(project.role) && <Erase personId={person.data.id} name={ids[ids.length - 1] ?? person.data.id} />}
        </div>
        <Timeline personId={person.data.id} />
      </div>
    </>
  );
}

function Timeline({ personId }: { personId: string }) {
  const project = useProject();
  const answer = useInfiniteQuery({
    queryKey: ['timeline', project.id, personId],
    queryFn: ({ pageParam, signal }) => askJson<Schemas['EventsResult']>(
      'GET', `/v1/persons/${personId}/events?project_id=${project.id}&limit=50${pageParam ? `&cursor=${encodeURIComponent(pageParam)}` : ''}`, undefined, signal),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const events = answer.data?.pages.flatMap((page) => page.events) ?? [];
  return (
    <Panel title={text.people.timeline}>
      {answer.error ? <ProblemNote problem={answer.error} retry={() => void answer.refetch()} />
        : answer.isPending ? <RowsSkeleton />
        : events.length === 0 ? <EmptyState title={text.events.emptyTitle} detail={text.people.noEvents} />
        : events.map((event) => (
          <details key={event.id} className={styles.event}>
            <summary><time dateTime={event.ts}>{formatTime(event.ts, project.time_zone)}</time><strong>{event.name}</strong></summary>
            <Details event={event} timeZone={project.time_zone} projectId={project.id} />
          </details>
        ))}
      <p>{text.chart.timeZone(project.time_zone)}</p>
      {answer.hasNextPage && <Button variant="default" size="xs" loading={answer.isFetchingNextPage} onClick={() => void answer.fetchNextPage()}>{text.action.more}</Button>}
    </Panel>
  );
}

function Erase({ personId, name }: { personId: string; name: string }) {
  const project = useProject();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [opened, setOpened] = useState(false);
  const [typed, setTyped] = useState('');
  const erasure = useMutation({
    mutationFn: () => askJson<{ erasure_id: string }>('DELETE', `/v1/persons/${personId}?project_id=${project.id}`),
    onSuccess: () => {
      void queries.invalidateQueries();
      void navigate(`/p/${project.id}/people`);
    },
  });
  return (
    <Panel title={text.people.erase}>
      <p>{text.people.eraseText}</p>
      <Button variant="outline" color="var(--bad)" onClick={() => setOpened(true)}>{text.people.erase}</Button>
      <Confirm
        title={text.people.erase} detail={text.people.eraseText} action={text.people.erase} opened={opened} busy={erasure.isPending} problem={erasure.error}
        ready={typed === name} onConfirm={() => erasure.mutate()} onClose={() => setOpened(false)}
      >
        <TextInput label={text.people.eraseConfirm(name)} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} autoComplete="off" />
      </Confirm>
    </Panel>
  );
}
