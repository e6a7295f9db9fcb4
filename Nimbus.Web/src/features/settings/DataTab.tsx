import { Button, NumberInput, Radio, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type FormEvent, useState } from 'react';
import { api, ask, type Schemas } from '../../api/client';
import { useProject } from '../../app/me';
import { Panel } from '../../components/Panel';
import { ProblemNote } from '../../components/ProblemNote';
import { useCall } from '../../components/useCall';
import { text } from '../../text';
import styles from './settings.module.css';

const words = text.settings;

/** How long events are kept, and what is told of browsers. */
export function DataTab() {
  const project = useProject();
  const [days, setDays] = useState<number | string>(project.retention_days ?? '');
  const [traffic, setTraffic] = useState<string>(project.traffic);
  const saving = useCall(
    (body: Partial<Schemas['ChangeProjectRequest']>) =>
      ask(api.PATCH('/v1/projects/{id}', { params: { path: { id: project.id } }, body: body as Schemas['ChangeProjectRequest'] })),
    [['project', project.id], ['trends'], ['events']], () => notifications.show({ message: words.saved }));
  const submit = (body: Partial<Schemas['ChangeProjectRequest']>) => (event: FormEvent) => {
    event.preventDefault();
    saving.run(body);
  };
  return (
    <>
      <Panel title={words.retention}>
        <p className={styles.intro}>{words.retentionIntro}</p>
        <form onSubmit={submit({ retention_days: days === '' ? null : Number(days) })} className={styles.form}>
          <NumberInput
            label={words.retentionDays} description={words.retentionForever} min={1} max={3650} allowDecimal={false} value={days} onChange={setDays} error={saving.fault('retention_days')}
            hideControls
          />
          <Button type="submit" loading={saving.busy} className={styles.submit}>{text.action.save}</Button>
        </form>
      </Panel>
      <Panel title={words.traffic}>
        <form onSubmit={submit({ traffic: traffic as Schemas['ChangeProjectRequest']['traffic'] })} className={styles.form}>
          <Radio.Group value={traffic} onChange={setTraffic} label={words.trafficIntro}>
            <Stack gap="xs" mt="xs">{Object.entries(words.trafficKinds).map(([value, label]) => <Radio key={value} value={value} label={label} />)}</Stack>
          </Radio.Group>
          <Button type="submit" loading={saving.busy} className={styles.submit}>{text.action.save}</Button>
        </form>
      </Panel>
      {saving.problem && <ProblemNote problem={saving.problem} />}
    </>
  );
}
