import { Button, Group } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { ChevronRight, Code } from 'lucide-react';
import { useDisclosure } from '@mantine/hooks';
import { Fragment, useState } from 'react';
import { Link } from 'react-router';
import { askJson, type Schemas } from '../../api/client';
import { pages } from '../../app/pages';
import { useProject } from '../../app/me';
import { ApiCallPanel } from '../../components/ApiCallPanel';
import { CopyButton } from '../../components/CopyButton';
import { EmptyState } from '../../components/EmptyState';
import { formatTime, formatValue } from '../../components/format';
import { Panel } from '../../components/Panel';
import { ProblemNote } from '../../components/ProblemNote';
import { RowsSkeleton } from '../../components/Skeletons';
import { useArrows } from '../../components/useArrows';
import { text } from '../../text';
import styles from './events.module.css';
import { callOf, type EventsQuestion } from './events';

type StoredEvent = Schemas['EventResult'];

const pageSize = 50;

export function EventList({ question }: { question: EventsQuestion }) {
  const { id, time_zone: timeZone } = useProject();
  const call = callOf(question, id, timeZone);
  const [callOpened, callPanel] = useDisclosure();
  const arrows = useArrows();
  const answer = useInfiniteQuery({
    queryKey: ['events', call.path],
    queryFn: ({ pageParam, signal }) => askJson<Schemas['EventsResult']>(
      'GET', `${call.path}&limit=${pageSize}${pageParam ? `&cursor=${encodeURIComponent(pageParam)}` : ''}`, undefined, signal),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
  const events = answer.data?.pages.flatMap((page) => page.events) ?? [];
  return (
    <Panel
      title={text.events.title}
      aside={
        <Button variant="subtle" size="compact-sm" leftSection={<Code size={15} aria-hidden />} onClick={callPanel.open}>{text.chart.call}</Button>
      }
    >
      {answer.error ? <ProblemNote problem={answer.error} retry={() => void answer.refetch()} />
        : answer.isPending ? <RowsSkeleton />
        : events.length === 0 ? <EmptyState title={text.events.emptyTitle} detail={text.events.empty} />
        : (
          <div {...arrows} aria-busy={answer.isFetching}>
            <table className={`${styles.table} ${styles.list}`}>
              <thead><tr><th>{text.events.name}</th><th>{text.events.who}</th><th>{text.events.when}</th><th className={styles.wide}>{text.events.properties}</th></tr></thead>
              <tbody>{events.map((event) => <Row key={event.id} event={event} timeZone={timeZone} projectId={id} />)}</tbody>
            </table>
          </div>
        )}
      <Group justify="space-between" mt="sm">
        <span className={styles.zone}>{text.chart.timeZone(timeZone)}</span>
        {answer.hasNextPage && <Button variant="default" size="xs" loading={answer.isFetchingNextPage} onClick={() => void answer.fetchNextPage()}>{text.action.more}</Button>}
      </Group>
      <ApiCallPanel call={call} opened={callOpened} onClose={callPanel.close} />
    </Panel>
  );
}

function Row({ event, timeZone, projectId }: { event: StoredEvent; timeZone: string; projectId: string }) {
  const [open, setOpen] = useState(false);
  return (
    <Fragment>
      <tr>
        <td>
          <button type="button" data-row className={styles.open} aria-expanded={open} onClick={() => setOpen(!open)}>
            <ChevronRight size={15} aria-hidden />{event.name}
          </button>
        </td>
        <td className={styles.who}>{event.user_id ?? event.anonymous_id ?? '–'}</td>
        <td className={styles.when}><time dateTime={event.ts}>{formatTime(event.ts, timeZone)}</time></td>
        <td className={styles.wide}><code>{formatValue(event.props)}</code></td>
      </tr>
      {open && <tr><td colSpan={4} className={styles.detailCell}><Details event={event} timeZone={timeZone} projectId={projectId} /></td></tr>}
    </Fragment>
  );
}

/** Everything an event holds, as text, whatever it holds. */
export function Details({ event, timeZone, projectId }: { event: Partial<StoredEvent> & Pick<StoredEvent, 'ts' | 'props'>; timeZone: string; projectId: string }) {
  const facts: [string, string | null | undefined][] = [
    [text.events.when, formatTime(event.ts, timeZone, 'ms')],
    [text.events.received, event.received_at && formatTime(event.received_at, timeZone, 'ms')],
    [text.events.user, event.user_id],
    [text.live.anonymous, event.anonymous_id],
    [text.events.key, event.idempotency_key],
  ];
  return (
    <div className={styles.details}>
      <div className={styles.detailHead}>
        {event.person_id && pages.some(({ path }) => path === 'people') && <Link to={`/p/${projectId}/people/${event.person_id}`}>{text.events.person}</Link>}
        <CopyButton value={JSON.stringify(event, null, 2)} label={text.events.copyJson} />
      </div>
      <Values title={text.events.properties} value={event.props} />
      {event.context != null && <Values title={text.events.context} value={event.context} />}
      <section>
        <h3>{text.events.details}</h3>
        <dl>{facts.filter(([, value]) => value).map(([name, value]) => <Fragment key={name}><dt>{name}</dt><dd>{value}</dd></Fragment>)}</dl>
      </section>
    </div>
  );
}

function Values({ title, value }: { title: string; value: unknown }) {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (entries.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <dl>{entries.map(([key, one]) => <Fragment key={key}><dt>{key}</dt><dd>{formatValue(one)}</dd></Fragment>)}</dl>
    </section>
  );
}
