import { Button, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { askJson } from '../../api/client';
import { useProject } from '../../app/me';
import { EmptyState } from '../../components/EmptyState';
import { PageHead } from '../../components/PageHead';
import { Panel } from '../../components/Panel';
import { ProblemNote } from '../../components/ProblemNote';
import { RowsSkeleton } from '../../components/Skeletons';
import { useArrows } from '../../components/useArrows';
import { text } from '../../text';
import styles from './dashboards.module.css';
import type { Dashboard } from './saved';
import { useDashboards } from './SaveQuestion';

export function DashboardList() {
  const project = useProject();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const arrows = useArrows();
  const [name, setName] = useState('');
  const dashboards = useDashboards();
  const make = useMutation({
    mutationFn: () => askJson<Dashboard>('POST', '/v1/dashboards', { project_id: project.id, name: name.trim(), tiles: [] }),
    onSuccess: (made) => {
      void queries.invalidateQueries({ queryKey: ['dashboards', project.id] });
      void navigate(`/p/${project.id}/dashboards/${made.id}`);
    },
  });
  return (
    <>
      <PageHead title={text.dashboards.title} intro={text.dashboards.intro} />
      {project.role !== 'viewer' && (
        <Panel>
          <form
            className={styles.make}
            onSubmit={(submitted) => {
              submitted.preventDefault();
              if (name.trim()) make.mutate();
            }}
          >
            <TextInput label={text.dashboards.newName} maxLength={200} value={name} onChange={(event) => setName(event.currentTarget.value)} />
            <Button type="submit" variant="light" disabled={!name.trim()} loading={make.isPending}>{text.dashboards.make}</Button>
          </form>
          {make.error && <ProblemNote problem={make.error} />}
        </Panel>
      )}
      <Panel title={text.dashboards.title}>
        {dashboards.error ? <ProblemNote problem={dashboards.error} retry={() => void dashboards.refetch()} />
          : dashboards.isPending ? <RowsSkeleton />
          : dashboards.data.length === 0 ? <EmptyState title={text.dashboards.emptyTitle} detail={text.dashboards.empty} />
          : (
            <ul className={styles.list} {...arrows}>
              {dashboards.data.map(({ id, name: label, tiles }) => (
                <li key={id}><Link data-row to={`/p/${project.id}/dashboards/${id}`}>{label}</Link> <span>{text.dashboards.tiles(tiles.length)}</span></li>
              ))}
            </ul>
          )}
      </Panel>
    </>
  );
}
