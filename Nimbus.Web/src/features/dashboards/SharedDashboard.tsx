import { useQuery } from '@tanstack/react-query';
import { EmptyState } from '../../components/EmptyState';
import { PageHead } from '../../components/PageHead';
import { Panel } from '../../components/Panel';
import { ChartSkeleton } from '../../components/Skeletons';
import { text } from '../../text';
import styles from './dashboards.module.css';
import type { DashboardAnswers } from './saved';
import { Tile } from './Tile';

/** A dashboard by its link: for whoever has it, without an account. */
export default function SharedDashboard({ token }: { token: string }) {
  const answers = useQuery({
    queryKey: ['shared', token], retry: false,
    queryFn: async ({ signal }) => {
      const response = await fetch(`/v1/shared/dashboards/${encodeURIComponent(token)}`, { signal });
      if (!response.ok) throw new Error(text.dashboards.sharedGone);
      return await response.json() as DashboardAnswers;
    },
  });
  return (
    <main className={styles.shared}>
      <PageHead title={answers.data?.name ?? text.dashboards.sharedTitle} intro={answers.data?.description ?? ''} />
      {answers.error ? <Panel><EmptyState title={text.problem.title} detail={text.dashboards.sharedGone} /></Panel>
        : answers.isPending ? <Panel><ChartSkeleton height={320} /></Panel>
        : <div className={styles.grid}>{answers.data.tiles.map((tile, i) => <Tile key={i} tile={tile} timeZone={answers.data.time_zone} call={{ method: 'GET', path: `/v1/shared/dashboards/${token}` }} />)}</div>}
    </main>
  );
}
