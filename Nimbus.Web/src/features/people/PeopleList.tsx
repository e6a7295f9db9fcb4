import { Button, Table, TextInput } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Link } from 'react-router';
import { api, ask } from '../../api/client';
import { useProject } from '../../app/me';
import { EmptyState } from '../../components/EmptyState';
import { formatTime } from '../../components/format';
import { PageHead } from '../../components/PageHead';
import { Panel } from '../../components/Panel';
import { ProblemNote } from '../../components/ProblemNote';
import { RowsSkeleton } from '../../components/Skeletons';
import { useArrows } from '../../components/useArrows';
import { textAt, useUrlState } from '../../query/urlState';
import { text } from '../../text';
import styles from './people.module.css';

const readPeople = (raw: Record<string, unknown>) => ({ search: textAt(raw, 'search').slice(0, 200), cohort: textAt(raw, 'cohort').slice(0, 36) });

/** Everybody, those met last first, or those whose id holds what is searched. */
export function PeopleList() {
  const project = useProject();
  const [question, change] = useUrlState(readPeople);
  const [typed, setTyped] = useState(question.search);
  useEffect(() => setTyped(question.search), [question.search]);
  const arrows = useArrows();
  const answer = useInfiniteQuery({
    queryKey: ['persons', project.id, question],
    queryFn: ({ pageParam, signal }) => ask(api.GET('/v1/persons', {
      params: { query: {
        project_id: project.id, ...(question.search ? { search: question.search } : {}), ...(question.cohort ? { cohort: question.cohort } : {}),
        ...(pageParam ? { cursor: pageParam } : {}),
      } },
      signal,
    })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });
  const persons = answer.data?.pages.flatMap((page) => page.persons) ?? [];
  return (
    <>
      <PageHead title={text.people.title} intro={text.people.intro} />
      <Panel>
        <form
          className={styles.search} role="search"
          onSubmit={(submitted) => {
            submitted.preventDefault();
            change({ search: typed.trim() });
          }}
        >
          <TextInput type="search" label={text.people.search} placeholder={text.people.searchHint} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} />
          <Button type="submit" variant="light">{text.people.find}</Button>
          {question.cohort && <Button variant="subtle" onClick={() => change({ cohort: '' })}>{text.people.anyCohort}</Button>}
        </form>
      </Panel>
      <Panel title={question.cohort ? text.people.inCohort : text.people.title} flush>
        {answer.error ? <ProblemNote problem={answer.error} retry={() => void answer.refetch()} />
          : answer.isPending ? <RowsSkeleton />
          : persons.length === 0 ? <EmptyState title={text.people.emptyTitle} detail={text.people.empty} />
          : (
            <div {...arrows} aria-busy={answer.isFetching}>
              <Table.ScrollContainer minWidth={300} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
                <Table>
                  <Table.Thead><Table.Tr><Table.Th>{text.people.person}</Table.Th><Table.Th>{text.people.ids}</Table.Th><Table.Th>{text.people.firstSeen}</Table.Th></Table.Tr></Table.Thead>
                  <Table.Tbody>
                    {persons.map(({ id, ids, first_seen: firstSeen }) => (
                      <Table.Tr key={id}>
                        <Table.Td><Link data-row to={`/p/${project.id}/people/${id}`}>{ids[ids.length - 1] ?? id}</Link></Table.Td>
                        <Table.Td>{ids.length}</Table.Td>
                        <Table.Td>{formatTime(firstSeen, project.time_zone, 'minute')}</Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </Table.ScrollContainer>
            </div>
          )}
      </Panel>
      {answer.hasNextPage && <Button variant="default" loading={answer.isFetchingNextPage} onClick={() => void answer.fetchNextPage()}>{text.action.more}</Button>}
    </>
  );
}
