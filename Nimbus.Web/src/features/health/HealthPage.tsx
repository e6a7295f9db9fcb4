import { Badge, Button, Group, Modal, Table, Textarea } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { askJson, type Schemas } from '../../api/client';
import { mayManage, useProject } from '../../app/me';
import { CodeBlock } from '../../components/CodeBlock';
import { Confirm } from '../../components/Confirm';
import { EmptyState } from '../../components/EmptyState';
import { formatDuration, formatNumber, formatTime } from '../../components/format';
import { PageHead } from '../../components/PageHead';
import { Panel } from '../../components/Panel';
import { ProblemNote } from '../../components/ProblemNote';
import { RowsSkeleton } from '../../components/Skeletons';
import { text } from '../../text';
import styles from './HealthPage.module.css';

interface Health {
  status: string;
  services: Record<string, { status: string; checks: { name: string; status: string; description: string | null }[] | null }>;
}

/** How far what was sent is from being in the answers. */
interface Ingestion {
  lag_seconds: number;
  waiting_requests: number;
  dead_letters: number;
}

export default function HealthPage() {
  const project = useProject();
  return (
    <>
      <PageHead title={text.health.title} intro={text.health.intro} />
      <Lag />
      <Services />
      {mayManage(project.role) ? <DeadLetters /> : <Panel title={text.health.letters}><p>{text.settings.onlyAdmins}</p></Panel>}
    </>
  );
}

const pause = 5_000;

function Lag() {
  const project = useProject();
  const ingestion = useQuery({
    queryKey: ['ingestion', project.id], refetchInterval: pause,
    queryFn: ({ signal }) => askJson<Ingestion>('GET', `/v1/projects/${project.id}/ingestion`, undefined, signal),
  });
  if (ingestion.error) return <ProblemNote problem={ingestion.error} retry={() => void ingestion.refetch()} />;
  if (ingestion.isPending) return <Panel title={text.health.pipeline}><RowsSkeleton /></Panel>;
  const { lag_seconds: lag, waiting_requests: waiting, dead_letters: letters } = ingestion.data;
  return (
    <Panel title={text.health.pipeline} aside={<Status status={lag > 60 ? 'unhealthy' : lag > 5 ? 'degraded' : 'healthy'} />}>
      <dl className={styles.facts}>
        <div><dt>{text.health.lag}</dt><dd>{formatDuration(lag)}</dd></div>
        <div><dt>{text.health.waiting}</dt><dd>{formatNumber(waiting)}</dd></div>
        <div><dt>{text.health.letters}</dt><dd>{formatNumber(letters)}</dd></div>
      </dl>
    </Panel>
  );
}

/** How each service is, looked at again and again. */
function Services() {
  const health = useQuery({
    queryKey: ['health'], refetchInterval: pause,
    queryFn: async ({ signal }) => {
      // A system that is not well answers 503, and says with it what is wrong.
      const response = await fetch('/v1/health', { signal });
      return await response.json() as Health;
    },
  });
  if (health.error) return <ProblemNote problem={health.error} retry={() => void health.refetch()} />;
  if (health.isPending) return <Panel title={text.health.services}><RowsSkeleton /></Panel>;
  return (
    <Panel title={text.health.services} aside={<Status status={health.data.status} />}>
      <Table.ScrollContainer minWidth={300} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table>
          <Table.Thead><Table.Tr><Table.Th>{text.health.service}</Table.Th><Table.Th>{text.health.state}</Table.Th><Table.Th>{text.health.says}</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>
            {Object.entries(health.data.services).map(([service, { status, checks }]) => (
              <Table.Tr key={service}>
                <Table.Th scope="row">{service}</Table.Th><Table.Td><Status status={status} /></Table.Td>
                <Table.Td>{checks?.filter((check) => check.status !== 'healthy').map(({ name, description }) => `${name}: ${description ?? ''}`).join(' ')}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Panel>
  );
}

function Status({ status }: { status: string }) {
  const well = status.toLowerCase() === 'healthy';
  return <Badge variant="dot" color={well ? 'green.9' : status.toLowerCase() === 'degraded' ? 'yellow.9' : 'red.9'}>{text.health.states[status.toLowerCase() as keyof typeof text.health.states] ?? status}</Badge>;
}

/** What could not be stored: why, and what to do about it. */
function DeadLetters() {
  const project = useProject();
  const queries = useQueryClient();
  const path = `/v1/projects/${project.id}/dead-letters`;
  const [correcting, setCorrecting] = useState<Schemas['DeadLetterAnswer'] | null>(null);
  const [deletingAll, setDeletingAll] = useState(false);
  const letters = useInfiniteQuery({
    // What is to be stored again goes its way first, and is gone a moment later.
    queryKey: ['dead-letters', project.id], refetchInterval: pause,
    queryFn: ({ pageParam, signal }) => askJson<Schemas['DeadLetterPage']>('GET', `${path}?limit=50${pageParam ? `&cursor=${encodeURIComponent(pageParam)}` : ''}`, undefined, signal),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const onSuccess = () => void queries.invalidateQueries({ queryKey: ['dead-letters', project.id] });
  const replay = useMutation({ mutationFn: (id: string) => askJson('POST', `${path}/${id}/replay`), onSuccess });
  const replayAll = useMutation({ mutationFn: () => askJson('POST', `${path}/replay`), onSuccess });
  const remove = useMutation({ mutationFn: (id: string) => askJson('DELETE', `${path}/${id}`), onSuccess });
  const removeAll = useMutation({
    mutationFn: () => askJson('DELETE', path),
    onSuccess: () => {
      setDeletingAll(false);
      onSuccess();
    },
  });
  const all = letters.data?.pages.flatMap((page) => page.dead_letters) ?? [];
  const problem = replay.error ?? replayAll.error ?? remove.error;
  return (
    <Panel
      title={text.health.letters}
      aside={all.length > 0 && (
        <Group gap="xs">
          <Button size="xs" variant="light" loading={replayAll.isPending} onClick={() => replayAll.mutate()}>{text.health.replayAll}</Button>
          <Button size="xs" variant="subtle" color="var(--bad)" onClick={() => setDeletingAll(true)}>{text.health.deleteAll}</Button>
        </Group>
      )}
    >
      {problem && <ProblemNote problem={problem} />}
      {letters.error ? <ProblemNote problem={letters.error} retry={() => void letters.refetch()} />
        : letters.isPending ? <RowsSkeleton />
        : all.length === 0 ? <EmptyState title={text.health.noLettersTitle} detail={text.health.noLetters} />
        : (
          <ul className={styles.letters}>
            {all.map((letter) => (
              <li key={letter.id}>
                <div>
                  <strong>{letter.reason}</strong>
                  <p>{letter.detail}</p>
                  <p><small>{text.events.received} {formatTime(letter.created_at, project.time_zone)}</small></p>
                  <Group gap="xs">
                    {!letter.needs_correction && <Button size="compact-sm" variant="light" onClick={() => replay.mutate(letter.id)}>{text.health.replay}</Button>}
                    <Button size="compact-sm" variant="light" onClick={() => setCorrecting(letter)}>{text.health.correct}</Button>
                    <Button size="compact-sm" variant="subtle" color="var(--bad)" onClick={() => remove.mutate(letter.id)}>{text.action.delete}</Button>
                  </Group>
                </div>
                <CodeBlock label={text.health.event} code={JSON.stringify(letter.event, null, 2)} />
              </li>
            ))}
          </ul>
        )}
      {letters.hasNextPage && <Button variant="default" size="xs" mt="sm" loading={letters.isFetchingNextPage} onClick={() => void letters.fetchNextPage()}>{text.action.more}</Button>}
      {correcting && <Correct letter={correcting} path={path} onClose={() => setCorrecting(null)} onDone={onSuccess} />}
      <Confirm
        title={text.health.deleteAll} detail={text.health.deleteAllAsk} action={text.health.deleteAll} opened={deletingAll} busy={removeAll.isPending}
        problem={removeAll.error} onConfirm={() => removeAll.mutate()} onClose={() => setDeletingAll(false)}
      />
    </Panel>
  );
}

/** The event as it should have been, stored in place of what came. */
function Correct({ letter, path, onClose, onDone }: { letter: Schemas['DeadLetterAnswer']; path: string; onClose: () => void; onDone: () => void }) {
  const [typed, setTyped] = useState(JSON.stringify(letter.event, null, 2));
  const corrected = parse(typed);
  const replay = useMutation({
    mutationFn: () => askJson('POST', `${path}/${letter.id}/replay`, { event: corrected }),
    onSuccess: () => {
      onDone();
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title={text.health.correct} size="lg" closeButtonProps={{ 'aria-label': text.action.close }}>
      <p>{letter.reason}: {letter.detail}</p>
      <Textarea
        label={text.health.event} autosize minRows={8} maxRows={20} value={typed} onChange={(event) => setTyped(event.currentTarget.value)}
        error={corrected === undefined ? text.health.noJson : undefined}
      />
      {replay.error && <ProblemNote problem={replay.error} />}
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose}>{text.action.cancel}</Button>
        <Button disabled={corrected === undefined} loading={replay.isPending} onClick={() => replay.mutate()}>{text.health.replay}</Button>
      </Group>
    </Modal>
  );
}

function parse(typed: string): unknown {
  try {
    const value: unknown = JSON.parse(typed);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
