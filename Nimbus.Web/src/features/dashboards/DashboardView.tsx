import { ActionIcon, Button, Group } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ArrowLeft, MoveHorizontal, X } from 'lucide-react';
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { askJson } from '../../api/client';
import { useProject } from '../../app/me';
import { Confirm } from '../../components/Confirm';
import { EmptyState } from '../../components/EmptyState';
import { PageHead } from '../../components/PageHead';
import { Panel } from '../../components/Panel';
import { ProblemNote } from '../../components/ProblemNote';
import { ChartSkeleton } from '../../components/Skeletons';
import { text } from '../../text';
import styles from './dashboards.module.css';
import { arranged, type Dashboard, type DashboardAnswers, movedForward, type SavedTile, widened } from './saved';
import { ShareLinks } from './ShareLinks';
import { Tile } from './Tile';

/** A dashboard: its answers as of now, and how they stand. */
export function DashboardView() {
  const { dashboardId = '' } = useParams();
  const project = useProject();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [sharing, setSharing] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const path = `/v1/dashboards/${encodeURIComponent(dashboardId)}`;
  const dashboard = useQuery({
    queryKey: ['dashboard', project.id, dashboardId],
    queryFn: ({ signal }) => askJson<Dashboard>('GET', `${path}?project_id=${project.id}`, undefined, signal),
  });
  const answers = useQuery({
    queryKey: ['dashboard', project.id, dashboardId, 'answers'],
    queryFn: ({ signal }) => askJson<DashboardAnswers>('GET', `${path}/answers?project_id=${project.id}`, undefined, signal),
  });
  const place = useMutation({
    mutationFn: (tiles: SavedTile[]) => askJson('PATCH', path, { project_id: project.id, tiles }),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ['dashboard', project.id, dashboardId] }),
  });
  const remove = useMutation({
    mutationFn: () => askJson('DELETE', `${path}?project_id=${project.id}`),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['dashboards', project.id] });
      void navigate(`/p/${project.id}/dashboards`);
    },
  });
  const problem = dashboard.error ?? answers.error;
  if (problem) return <ProblemNote problem={problem} retry={() => void answers.refetch()} />;
  if (!dashboard.data || !answers.data) return <Panel><ChartSkeleton height={320} /></Panel>;
  const { tiles } = dashboard.data;
  const mayChange = project.role !== 'viewer';
  return (
    <>
      <PageHead title={dashboard.data.name} intro={dashboard.data.description}>
        {mayChange && <Button variant="light" onClick={() => setSharing(true)}>{text.dashboards.share}</Button>}
        {mayChange && <Button variant="subtle" color="var(--bad)" onClick={() => setDeleting(true)}>{text.action.delete}</Button>}
      </PageHead>
      {place.error && <ProblemNote problem={place.error} />}
      {answers.data.tiles.length === 0 ? <Panel><EmptyState title={text.dashboards.noTilesTitle} detail={text.dashboards.noTiles} /></Panel> : (
        <div className={styles.grid}>
          {answers.data.tiles.map((tile, i) => (
            <Tile
              key={i} tile={tile} timeZone={answers.data.time_zone}
              call={{ method: 'GET', path: `/v1/insights/${tiles[i]?.insight_id ?? ''}/answer?project_id=${project.id}` }}
              actions={mayChange && tiles.length === answers.data.tiles.length && (
                <Group gap={2} wrap="nowrap">
                  {i > 0 && <ActionIcon variant="subtle" color="gray" aria-label={text.dashboards.earlier} onClick={() => place.mutate(movedForward(tiles, i))}><ArrowLeft size={16} aria-hidden /></ActionIcon>}
                  <ActionIcon variant="subtle" color="gray" aria-label={tile.width > 6 ? text.dashboards.narrower : text.dashboards.wider} onClick={() => place.mutate(widened(tiles, i))}><MoveHorizontal size={16} aria-hidden /></ActionIcon>
                  <ActionIcon variant="subtle" color="gray" aria-label={text.dashboards.remove} onClick={() => place.mutate(arranged(tiles.filter((_, other) => other !== i)))}><X size={16} aria-hidden /></ActionIcon>
                </Group>
              )}
            />
          ))}
        </div>
      )}
      <ShareLinks path={path} opened={sharing} onClose={() => setSharing(false)} />
      <Confirm
        title={text.dashboards.delete} detail={text.dashboards.deleteAsk} action={text.dashboards.delete} opened={deleting} busy={remove.isPending} problem={remove.error}
        onConfirm={() => remove.mutate()} onClose={() => setDeleting(false)}
      />
    </>
  );
}
