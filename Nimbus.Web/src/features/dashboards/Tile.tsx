import type { ReactNode } from 'react';
import type { Schemas } from '../../api/client';
import { EmptyState } from '../../components/EmptyState';
import { formatBucket, formatNumber } from '../../components/format';
import { TimeChart } from '../../components/TimeChart';
import { text } from '../../text';
import { FunnelBars } from '../funnels/FunnelBars';
import { groupsOf } from '../funnels/funnels';
import { drawnOf as lifecycleOf } from '../lifecycle/lifecycle';
import { StickinessDays } from '../lifecycle/StickinessDays';
import { PathsFlow } from '../paths/PathsFlow';
import { RetentionTriangle } from '../retention/RetentionTriangle';
import { drawnOf as trendsOf } from '../trends/trends';
import styles from './dashboards.module.css';
import { bucketOf, type TileAnswer } from './saved';

/** One answer of a dashboard, drawn as its page draws it. */
export function Tile({ tile, timeZone, actions }: { tile: TileAnswer; timeZone: string; actions?: ReactNode }) {
  return (
    <section className={styles.tile} data-wide={tile.width > 6 || undefined} aria-label={tile.name}>
      <div className={styles.tileHead}><h2>{tile.name}</h2>{actions}</div>
      {tile.problem ? <EmptyState title={text.problem.title} detail={tile.problem.detail ?? tile.problem.code} /> : <Drawing tile={tile} timeZone={timeZone} />}
      <p className={styles.zone}>{text.chart.timeZone(timeZone)}</p>
    </section>
  );
}

function Drawing({ tile: { kind, answer, name }, timeZone }: { tile: TileAnswer; timeZone: string }) {
  switch (kind) {
    case 'trends': {
      const drawn = trendsOf(answer as Schemas['TrendsResult']);
      return <TimeChart {...drawn} bucket={bucketOf(drawn.times)} timeZone={timeZone} height={240} label={name} />;
    }
    case 'lifecycle': {
      const drawn = lifecycleOf(answer as Schemas['LifecycleResult']);
      return <TimeChart {...drawn} bucket={bucketOf(drawn.times)} timeZone={timeZone} height={240} label={name} />;
    }
    case 'funnel':
      return <>{groupsOf(answer as Schemas['FunnelResult']).map((group, i) => <FunnelBars key={i} group={group} onPeople={null} />)}</>;
    case 'retention': {
      const retention = answer as Schemas['RetentionResult'];
      const bucket = bucketOf(retention.cohorts.map(({ start }) => Date.parse(start)));
      return <RetentionTriangle answer={retention} name={(start) => formatBucket(start, bucket, timeZone)} />;
    }
    case 'paths':
      return <PathsFlow answer={answer as Schemas['PathsResult']} />;
    case 'stickiness':
      return <StickinessDays days={(answer as Schemas['StickinessResult']).days} />;
    case 'sessions':
      return <p className={styles.total}>{formatNumber((answer as { total: number | null }).total)}</p>;
  }
}
