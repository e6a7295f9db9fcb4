import { Button, Group, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, askJson, type Schemas } from '../../api/client';
import { useProject } from '../../app/me';
import { formatTime } from '../../components/format';
import { Panel } from '../../components/Panel';
import { ProblemNote } from '../../components/ProblemNote';
import { RowsSkeleton } from '../../components/Skeletons';
import { text } from '../../text';
import styles from './people.module.css';

/** What holds the ids of a person together, to be taken back, and another person to join. */
export function Merges({ personId }: { personId: string }) {
  const project = useProject();
  const queries = useQueryClient();
  const [other, setOther] = useState('');
  const merges = useQuery({
    queryKey: ['merges', project.id, personId],
    queryFn: ({ signal }) => ask(api.GET('/v1/persons/{id}/merges', { params: { path: { id: personId }, query: { project_id: project.id } }, signal })),
  });
  // Every answer counts people, so every answer may have changed.
  const onSuccess = () => void queries.invalidateQueries();
  const undo = useMutation({
    mutationFn: (id: string) => askJson<Schemas['UndoResult']>('POST', `/v1/persons/merges/${id}/undo?project_id=${project.id}`),
    onSuccess,
  });
  const join = useMutation({
    mutationFn: async () => {
      const person = await askJson<{ ids: string[] }>('GET', `/v1/persons/${personId}?project_id=${project.id}`);
      return askJson('POST', '/v1/persons/merges', { project_id: project.id, distinct_ids: [person.ids[0], other.trim()] });
    },
    onSuccess: () => {
      setOther('');
      onSuccess();
    },
  });
  const mayChange = project.role !== 'viewer';
  return (
    <Panel title={text.people.merges}>
      {merges.error ? <ProblemNote problem={merges.error} retry={() => void merges.refetch()} />
        : merges.isPending ? <RowsSkeleton />
        : merges.data.merges.length === 0 ? <p>{text.people.noMerges}</p>
        : (
          <ul className={styles.list}>
            {merges.data.merges.map((merge) => (
              <li key={merge.id}>
                <div>{merge.ids.join(' + ')}</div>
                <Group justify="space-between" gap="xs">
                  <span>{text.people.mergeKinds[merge.kind]}, {formatTime(merge.ts, project.time_zone, 'minute')}</span>
                  {merge.undone_at ? <span>{text.people.undone(formatTime(merge.undone_at, project.time_zone, 'minute'))}</span>
                    : mayChange && <Button variant="subtle" size="compact-sm" loading={undo.isPending && undo.variables === merge.id} onClick={() => undo.mutate(merge.id)}>{text.people.undo}</Button>}
                </Group>
              </li>
            ))}
          </ul>
        )}
      {undo.error && <ProblemNote problem={undo.error} />}
      {mayChange && (
        <form
          onSubmit={(submitted) => {
            submitted.preventDefault();
            if (other.trim()) join.mutate();
          }}
        >
          <Group align="flex-end" mt="md">
            <TextInput label={text.people.mergeWith} placeholder={text.people.mergeHint} value={other} onChange={(event) => setOther(event.currentTarget.value)} />
            <Button type="submit" variant="light" disabled={!other.trim()} loading={join.isPending}>{text.people.merge}</Button>
          </Group>
          {join.error && <ProblemNote problem={join.error} />}
        </form>
      )}
    </Panel>
  );
}
