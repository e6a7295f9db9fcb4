import { Button, Group, Modal, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { askJson } from '../../api/client';
import { useProject } from '../../app/me';
import { CodeBlock } from '../../components/CodeBlock';
import { formatTime } from '../../components/format';
import { ProblemNote } from '../../components/ProblemNote';
import { RowsSkeleton } from '../../components/Skeletons';
import { text } from '../../text';
import styles from './dashboards.module.css';

interface SharedLink {
  id: string;
  created_at: string;
}

/** Links by which anyone may read a dashboard: made, shown once, taken back. */
export function ShareLinks({ path, opened, onClose }: { path: string; opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title={text.dashboards.share} size="lg" closeButtonProps={{ 'aria-label': text.action.close }}>
      {opened && <Links path={path} />}
    </Modal>
  );
}

function Links({ path }: { path: string }) {
  const project = useProject();
  const queries = useQueryClient();
  const key = ['links', path];
  const links = useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => (await askJson<{ links: SharedLink[] }>('GET', `${path}/links?project_id=${project.id}`, undefined, signal)).links,
  });
  const onSuccess = () => void queries.invalidateQueries({ queryKey: key });
  const make = useMutation({ mutationFn: () => askJson<{ token: string }>('POST', `${path}/links?project_id=${project.id}`), onSuccess });
  const revoke = useMutation({ mutationFn: (id: string) => askJson('DELETE', `${path}/links/${id}?project_id=${project.id}`), onSuccess });
  return (
    <>
      <Text size="sm" mb="md">{text.dashboards.shareText}</Text>
      <Button variant="light" loading={make.isPending} onClick={() => make.mutate()}>{text.dashboards.newLink}</Button>
      {make.data && (
        <div className={styles.link}>
          <Text size="sm">{text.dashboards.linkOnce}</Text>
          <CodeBlock label={text.dashboards.share} code={`${window.location.origin}/app/shared/${make.data.token}`} />
        </div>
      )}
      {(make.error ?? revoke.error) && <ProblemNote problem={(make.error ?? revoke.error)!} />}
      <h3>{text.dashboards.links}</h3>
      {links.error ? <ProblemNote problem={links.error} /> : links.isPending ? <RowsSkeleton /> : links.data.length === 0 ? <p>{text.dashboards.noLinks}</p> : (
        <ul className={styles.list}>
          {links.data.map(({ id, created_at: made }) => (
            <li key={id}>
              <Group justify="space-between">
                <span>{text.dashboards.madeOn(formatTime(made, project.time_zone, 'minute'))}</span>
                <Button size="compact-sm" variant="subtle" color="var(--bad)" onClick={() => revoke.mutate(id)}>{text.dashboards.revoke}</Button>
              </Group>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
