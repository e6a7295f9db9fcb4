import { Button } from '@mantine/core';
import { Pause, Play } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useProject } from '../../app/me';
import { formatNumber, formatTime, formatValue } from '../../components/format';
import { PageHead } from '../../components/PageHead';
import { Panel } from '../../components/Panel';
import { TimeChart } from '../../components/TimeChart';
import { useArrows } from '../../components/useArrows';
import { text } from '../../text';
import { Details } from '../events/EventList';
import type { LiveEvent } from './live';
import styles from './LivePage.module.css';
import { useLive } from './useLive';

const words = text.live;
const states = { connecting: words.connecting, connected: words.connected, reconnecting: words.reconnecting, asking: words.asking };

export default function LivePage() {
  const { id, time_zone: timeZone } = useProject();
  const [paused, setPaused] = useState(false);
  const live = useLive(id, paused);
  const arrows = useArrows();
  const chart = useMemo(() => ({
    times: live.history.map(({ at }) => at),
    series: [{ label: words.perSecond, values: live.history.map(({ perSecond }) => perSecond) }],
  }), [live.history]);
  const most = Math.max(...(live.metrics?.byName.map(({ count }) => count) ?? []), 1);
  return (
    <>
      <PageHead title={words.title} intro={words.intro}>
        <span className={styles.state} data-state={live.state} role="status"><i aria-hidden />{states[live.state]}</span>
      </PageHead>
      <div className={styles.figures}>
        <Figure name={words.activeNow} value={live.metrics ? formatNumber(live.metrics.activePeople) : '–'} />
        <Figure name={words.perSecond} value={live.metrics ? formatNumber(Math.round(live.metrics.perSecond * 10) / 10) : '–'} />
      </div>
      <div className={styles.columns}>
        <Panel
          title={words.stream}
          aside={
            <Button variant="default" size="xs" leftSection={paused ? <Play size={14} aria-hidden /> : <Pause size={14} aria-hidden />} onClick={() => setPaused(!paused)}>
              {paused ? words.resume : words.pause}
            </Button>
          }
        >
          {paused && <p className={styles.note}>{words.paused(live.held)}</p>}
          {live.events.length === 0 ? <p className={styles.note}>{words.waiting}</p> : (
            <ul className={styles.stream} {...arrows}>{live.events.map((event) => <Row key={event.id} event={event} timeZone={timeZone} projectId={id} />)}</ul>
          )}
          <p className={styles.note}>{text.chart.timeZone(timeZone)}. {words.sampled}</p>
        </Panel>
        <div>
          <Panel title={words.perSecond}>
            <div className={styles.chart}>{live.history.length > 1 && <TimeChart {...chart} bucket="1s" timeZone={timeZone} height={160} label={words.perSecond} />}</div>
          </Panel>
          <Panel title={live.state === 'asking' ? words.byNameNewest : words.byName}>
            <ul className={styles.names}>
              {live.metrics?.byName.slice(0, 12).map(({ name, count }) => (
                <li key={name}>
                  <span>{name}</span><b className="figure">{formatNumber(count)}</b>
                  <i style={{ width: `${(count / most) * 100}%` }} aria-hidden />
                </li>
              ))}
            </ul>
          </Panel>
        </div>
      </div>
    </>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return <Panel><dl className={styles.figure}><dt>{name}</dt><dd className="figure">{value}</dd></dl></Panel>;
}

function Row({ event, timeZone, projectId }: { event: LiveEvent; timeZone: string; projectId: string }) {
  const [open, setOpen] = useState(false);
  return (
    <li>
      <button type="button" data-row aria-expanded={open} onClick={() => setOpen(!open)}>
        <strong>{event.name}</strong>
        <span>{event.user_id ?? event.anonymous_id ?? words.nobody}</span>
        <time dateTime={event.ts}>{formatTime(event.ts, timeZone)}</time>
        <code>{formatValue(event.props)}</code>
      </button>
      {open && <Details event={event} timeZone={timeZone} projectId={projectId} />}
    </li>
  );
}
