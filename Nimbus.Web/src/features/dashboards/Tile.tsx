import { type ReactNode, useMemo, useRef } from 'react';
import type { Schemas } from '../../api/client';
import type { ApiCall } from '../../components/ApiCallPanel';
import { EmptyState } from '../../components/EmptyState';
import type { DataTable } from '../../components/export';
import { ExportMenu } from '../../components/ExportMenu';
import { formatBucket, formatNumber } from '../../components/format';
import { TimeChart } from '../../components/TimeChart';
import { text } from '../../text';
import { FunnelBars } from '../funnels/FunnelBars';
import { groupsOf, tableOf as funnelTable } from '../funnels/funnels';
import { drawnOf as lifecycleOf, stickinessTable, tableOf as lifecycleTable } from '../lifecycle/lifecycle';
import { StickinessDays } from '../lifecycle/StickinessDays';
import { tableOf as pathsTable } from '../paths/paths';
import { PathsFlow } from '../paths/PathsFlow';
import { tableOf as retentionTable } from '../retention/retention';
import { RetentionTriangle } from '../retention/RetentionTriangle';
import { drawnOf as trendsOf, tableOf as trendsTable } from '../trends/trends';
import styles from './dashboards.module.css';
import { bucketOf, type TileAnswer } from './saved';

/** One answer of a dashboard, drawn as its page draws it. */
export function Tile({ tile, timeZone, call, actions }: { tile: TileAnswer; timeZone: string; call: ApiCall; actions?: ReactNode }) {
  const drawn = useRef<HTMLDivElement>(null);
  const { drawing, table } = useMemo(() => (tile.problem ? { drawing: null, table: null } : shown(tile, timeZone)), [tile, timeZone]);
  return (
    <section className={styles.tile} data-wide={tile.width > 6 || tile.kind === 'paths' || undefined} aria-label={tile.name}>
      <div className={styles.tileHead}>
        <h2>{tile.name}</h2>
        <div className={styles.tileActions}>
          <ExportMenu title={tile.name} table={table} drawn={drawn} call={call} link={false} />
          {actions}
        </div>
      </div>
      {tile.problem ? <EmptyState title={text.problem.title} detail={tile.problem.detail ?? tile.problem.code} /> : <div ref={drawn}>{drawing}</div>}
      <p className={styles.zone}>{text.chart.timeZone(timeZone)}</p>
    </section>
  );
}

/** An answer as it is drawn, and as rows. */
function shown({ kind, answer, name }: TileAnswer, timeZone: string): { drawing: ReactNode; table: DataTable } {
  switch (kind) {
    case 'trends': {
      const drawn = trendsOf(answer as Schemas['TrendsResult']);
      const bucket = bucketOf(drawn.times);
      return { drawing: <TimeChart {...drawn} bucket={bucket} timeZone={timeZone} height={240} label={name} />, table: trendsTable(drawn, bucket, timeZone) };
    }
    case 'lifecycle': {
      const lifecycle = answer as Schemas['LifecycleResult'];
      const drawn = lifecycleOf(lifecycle);
      const bucket = bucketOf(drawn.times);
      return {
        drawing: <TimeChart {...drawn} kind="bar" stacked bucket={bucket} timeZone={timeZone} height={240} label={name} />,
        table: lifecycleTable(lifecycle, bucket, timeZone),
      };
    }
    case 'funnel': {
      const funnel = answer as Schemas['FunnelResult'];
      return { drawing: groupsOf(funnel).map((group, i) => <FunnelBars key={i} group={group} onPeople={null} />), table: funnelTable(funnel) };
    }
    case 'retention': {
      const retention = answer as Schemas['RetentionResult'];
      const bucket = bucketOf(retention.cohorts.map(({ start }) => Date.parse(start)));
      const nameOf = (start: string) => formatBucket(start, bucket, timeZone);
      return { drawing: <RetentionTriangle answer={retention} name={nameOf} />, table: retentionTable(retention, nameOf) };
    }
    case 'paths': {
      const paths = answer as Schemas['PathsResult'];
      return { drawing: <PathsFlow answer={paths} />, table: pathsTable(paths) };
    }
    case 'stickiness': {
      const stickiness = answer as Schemas['StickinessResult'];
      return { drawing: <StickinessDays days={stickiness.days} />, table: stickinessTable(stickiness) };
    }
    case 'sessions': {
      const { total } = answer as { total: number | null };
      return { drawing: <p className={styles.total}>{formatNumber(total)}</p>, table: { columns: [text.chart.total], rows: [[total]] } };
    }
  }
}
