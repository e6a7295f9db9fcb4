import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { api, ask } from '../../api/client';
import { useProject } from '../../app/me';
import { formatTime } from '../../components/format';
import { Panel } from '../../components/Panel';
import { ProblemNote } from '../../components/ProblemNote';
import { RowsSkeleton } from '../../components/Skeletons';
import { text } from '../../text';
import styles from './settings.module.css';

const words = text.settings;

export function AuditTab() {
  const { id, time_zone: timeZone } = useProject();
  const audit = useInfiniteQuery({
    queryKey: ['audit', id],
    queryFn: ({ pageParam, signal }) =>
      ask(api.GET('/v1/projects/{id}/audit', { params: { path: { id }, query: pageParam ? { cursor: pageParam } : {} }, signal })),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const entries = audit.data?.pages.flatMap((page) => page.entries) ?? [];
  return (
    <Panel title={words.audit}>
      <p className={styles.intro}>{words.auditIntro} {text.chart.timeZone(timeZone)}.</p>
      {audit.error ? <ProblemNote problem={audit.error} retry={() => void audit.refetch()} /> : audit.isPending ? <RowsSkeleton />
        : entries.length === 0 ? <p>{words.auditEmpty}</p> : (
          <div className={styles.scroll} tabIndex={0} role="region" aria-label={words.audit}>
            <table className={styles.table}>
              <thead><tr><th>{words.at}</th><th>{words.actor}</th><th>{words.action}</th><th>{words.target}</th><th>{words.address}</th></tr></thead>
              <tbody>
                {entries.map((entry) => (
                  <tr key={entry.id}>
                    <td><time dateTime={entry.at}>{formatTime(entry.at, timeZone)}</time></td>
                    <td>{entry.actor_email ?? '–'}</td>
                    <td>{entry.action}</td>
                    <td><code>{entry.target}</code></td>
                    <td>{entry.address}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      {audit.hasNextPage && <Button mt="sm" variant="default" size="xs" loading={audit.isFetchingNextPage} onClick={() => void audit.fetchNextPage()}>{text.action.more}</Button>}
    </Panel>
  );
}
