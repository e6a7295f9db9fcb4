import { Alert, Button, Group, Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { Link } from 'react-router';
import { api, ask } from '../../api/client';
import { useProject } from '../../app/me';
import { CodeBlock } from '../../components/CodeBlock';
import { CopyButton } from '../../components/CopyButton';
import { formatTime, formatValue } from '../../components/format';
import { PageHead } from '../../components/PageHead';
import { Panel } from '../../components/Panel';
import { ProblemNote } from '../../components/ProblemNote';
import { text } from '../../text';
import styles from './first-minutes.module.css';
import { secretOf } from './secrets';
import { snippetsFor } from './snippets';

const words = text.start;

export default function StartPage() {
  const project = useProject();
  const secret = secretOf(project.id);
  const snippets = snippetsFor({
    origin: window.location.origin, keyId: project.api_key_id, writeKey: project.write_key, secret: secret ?? `<${words.secretPlace}>`,
  });
  return (
    <>
      <PageHead title={words.title} />
      <div className={styles.columns}>
        <div>
          <Panel title={words.keysTitle}>
            {secret ? <Alert variant="light" color="yellow" mb="sm" icon={<KeyRound size={18} aria-hidden />} className={styles.once}>{words.secretOnce}</Alert>
              : <p className={styles.hint}>{words.rotate}</p>}
            <dl className={styles.keys}>
              <Key name={words.keyId} value={project.api_key_id} />
              {secret && <Key name={words.secret} value={secret} />}
              <Key name={words.writeKey} value={project.write_key} hint={words.writeKeyHint} />
            </dl>
          </Panel>
          <Panel title={words.snippetsTitle}>
            <Tabs defaultValue={snippets[0]!.name} keepMounted={false}>
              <Tabs.List mb="sm">
                {snippets.map(({ name }) => <Tabs.Tab key={name} value={name}>{name}</Tabs.Tab>)}
              </Tabs.List>
              {snippets.map(({ name, code }) => <Tabs.Panel key={name} value={name}><CodeBlock code={code} label={name} /></Tabs.Panel>)}
            </Tabs>
          </Panel>
        </div>
        <Arrivals />
      </div>
    </>
  );
}

function Key({ name, value, hint }: { name: string; value: string; hint?: string }) {
  return (
    <div>
      <dt>{name}{hint && <span>{hint}</span>}</dt>
      <dd><code>{value}</code><CopyButton value={value} label={`${text.action.copy}: ${name}`} /></dd>
    </div>
  );
}

const shown = 8;

/** Asks twice a second while nothing is there, so that the first event is seen within two seconds of its arrival. */
function Arrivals() {
  const { id, time_zone: timeZone } = useProject();
  const arrived = useQuery({
    queryKey: ['arrived', id],
    queryFn: ({ signal }) => ask(api.GET('/v1/events', { params: { query: { project_id: id, limit: String(shown) } }, signal })),
    refetchInterval: ({ state }) => (state.error ? 5000 : state.data?.events.length ? 2000 : 500),
    retry: false,
  });
  const events = arrived.data?.events ?? [];
  return (
    <Panel>
      <div role="status" className={styles.status}>
        <span className={styles.dot} data-arrived={events.length > 0 || undefined} aria-hidden />
        <div>
          <h2>{events.length > 0 ? words.arrived : words.waiting}</h2>
          {events.length === 0 && <p className={styles.hint}>{words.waitingHint}</p>}
        </div>
      </div>
      {arrived.error && <ProblemNote problem={arrived.error} />}
      {events.length > 0 && (
        <>
          <ul className={styles.arrived} aria-label={words.latest}>
            {events.map((event) => (
              <li key={event.id}>
                <strong>{event.name}</strong>
                <span>{event.user_id ?? event.anonymous_id ?? text.live.nobody}</span>
                <time dateTime={event.ts}>{formatTime(event.ts, timeZone)}</time>
                <code>{formatValue(event.props)}</code>
              </li>
            ))}
          </ul>
          <p className={styles.hint}>{text.chart.timeZone(timeZone)}</p>
          <Group gap="xs">
            <Button component={Link} to={`/p/${id}/live`}>{words.goLive}</Button>
            <Button component={Link} to={`/p/${id}/trends`} variant="default">{words.goTrends}</Button>
          </Group>
        </>
      )}
    </Panel>
  );
}
