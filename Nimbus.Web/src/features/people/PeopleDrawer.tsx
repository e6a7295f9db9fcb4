import { Button, Drawer, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { askJson, type Schemas } from '../../api/client';
import { useProject } from '../../app/me';
import { formatNumber } from '../../components/format';
import { ProblemNote } from '../../components/ProblemNote';
import { RowsSkeleton } from '../../components/Skeletons';
import { useArrows } from '../../components/useArrows';
import { text } from '../../text';
import styles from './people.module.css';

/** Which people of an answer: a title to say it, and the call that lists them, page by page. */
export interface PeopleOf {
  title: string;
  key: unknown;
  list: (cursor: string | null, signal: AbortSignal) => Promise<Schemas['PeopleResult']>;
}

/** The people behind a part of an answer. */
export function PeopleDrawer({ of, onClose }: { of: PeopleOf | null; onClose: () => void }) {
  return (
    <Drawer
      opened={of !== null} onClose={onClose} position="right" title={of?.title ?? ''} closeButtonProps={{ 'aria-label': text.action.close }}
    >
      {of && <People of={of} />}
    </Drawer>
  );
}

function People({ of }: { of: PeopleOf }) {
  const pages = useInfiniteQuery({
    queryKey: ['people-of', of.key],
    queryFn: ({ pageParam, signal }) => of.list(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const arrows = useArrows();
  if (pages.error) return <ProblemNote problem={pages.error} retry={() => void pages.refetch()} />;
  if (pages.isPending) return <RowsSkeleton />;
  return (
    <>
      <Text size="sm" c="dimmed" mb="sm">{text.people.count(formatNumber(pages.data.pages[0]?.total ?? 0))}</Text>
      <ul className={styles.list} {...arrows}>
        {pages.data.pages.flatMap((page) => page.people).map(({ person_id: id }) => <li key={id}><PersonLink id={id} /></li>)}
      </ul>
      {pages.hasNextPage && <Button variant="default" mt="md" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>{text.action.more}</Button>}
    </>
  );
}

/** A person by the best of their ids. */
export function PersonLink({ id }: { id: string }) {
  const project = useProject();
  const person = useQuery({
    queryKey: ['person', project.id, id],
    queryFn: ({ signal }) => askJson<{ ids: string[] }>('GET', `/v1/persons/${id}?project_id=${project.id}`, undefined, signal),
    staleTime: 60_000,
  });
  return <Link data-row to={`/p/${project.id}/people/${id}`}>{person.data?.ids[person.data.ids.length - 1] ?? id}</Link>;
}
