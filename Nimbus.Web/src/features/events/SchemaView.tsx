import { Button } from '@mantine/core';
import { Link } from 'react-router';
import { useProject } from '../../app/me';
import { EmptyState } from '../../components/EmptyState';
import { formatNumber, formatTime, formatValue } from '../../components/format';
import { Panel } from '../../components/Panel';
import { ProblemNote } from '../../components/ProblemNote';
import { RowsSkeleton } from '../../components/Skeletons';
import { useArrows } from '../../components/useArrows';
import { useEventNames, useProperties } from '../../query/schema';
import { text } from '../../text';
import styles from './events.module.css';

/** What there is to ask about: names, and the properties and values of each. */
export function SchemaView({ name, onChoose }: { name: string; onChoose: (name: string) => void }) {
  const { id, time_zone: timeZone } = useProject();
  const names = useEventNames();
  const arrows = useArrows();
  if (names.error) return <ProblemNote problem={names.error} retry={() => void names.refetch()} />;
  if (!names.data) return <Panel><RowsSkeleton /></Panel>;
  if (names.data.length === 0) {
    return (
      <Panel>
        <EmptyState title={text.events.schemaEmptyTitle} detail={text.events.schemaEmpty}>
          <Button component={Link} to={`/p/${id}/start`}>{text.nav.start}</Button>
        </EmptyState>
      </Panel>
    );
  }
  return (
    <div className={styles.schema}>
      <Panel title={text.events.title}>
        <ul className={styles.names} {...arrows}>
          {names.data.map((one) => (
            <li key={one.name}>
              <button type="button" data-row aria-pressed={one.name === name} onClick={() => onChoose(one.name)}>
                <span>{one.name}</span>
                <b className="figure">{formatNumber(one.count)}</b>
                <small>{text.events.lastSeen} {formatTime(one.last_seen, timeZone, 'minute')}</small>
              </button>
            </li>
          ))}
        </ul>
        <p className={styles.zone}>{text.chart.timeZone(timeZone)}</p>
      </Panel>
      {name ? <Properties name={name} /> : <Panel><p>{text.events.chooseName}</p></Panel>}
    </div>
  );
}

function Properties({ name }: { name: string }) {
  const { id } = useProject();
  const properties = useProperties(name);
  return (
    <Panel title={name} aside={<Button component={Link} to={`/p/${id}/trends?series=${encodeURIComponent(JSON.stringify([{ event: name, measure: 'count', filters: [] }]))}`} variant="light" size="xs">{text.nav.trends}</Button>}>
      {properties.error ? <ProblemNote problem={properties.error} retry={() => void properties.refetch()} />
        : !properties.data ? <RowsSkeleton />
        : (
          <>
            <div className={styles.scroll} tabIndex={0} role="region" aria-label={text.events.properties}>
              <table className={styles.table}>
                <thead><tr><th>{text.query.property}</th><th>{text.events.types}</th><th className={styles.number}>{text.events.count}</th><th>{text.events.samples}</th></tr></thead>
                <tbody>
                  {properties.data.properties.map(({ key, count, types, samples }) => (
                    <tr key={key}>
                      <td><strong>{key}</strong></td>
                      <td>{types.map(({ type }) => type).join(', ')}</td>
                      <td className={styles.number}>{formatNumber(count)}</td>
                      <td className={styles.samples}>{samples.map((sample, i) => <code key={i}>{formatValue(sample)}</code>)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            <p className={styles.zone}>{text.events.sampleOf(formatNumber(properties.data.events_read))}</p>
          </>
        )}
    </Panel>
  );
}
