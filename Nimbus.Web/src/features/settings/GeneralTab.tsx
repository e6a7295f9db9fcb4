import { Button, Select, Textarea, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useNavigate } from 'react-router';
import { api, ask } from '../../api/client';
import { mayManage, useMe, useProject } from '../../app/me';
import { Confirm } from '../../components/Confirm';
import { Panel } from '../../components/Panel';
import { ProblemNote } from '../../components/ProblemNote';
import { useCall } from '../../components/useCall';
import { zones } from '../../components/zones';
import { text } from '../../text';
import styles from './settings.module.css';

const words = text.settings;

export function GeneralTab() {
  const project = useProject();
  const [name, setName] = useState(project.name);
  const [description, setDescription] = useState(project.description ?? '');
  const [zone, setZone] = useState(project.time_zone);
  const saving = useCall(
    () => ask(api.PATCH('/v1/projects/{id}', { params: { path: { id: project.id } }, body: { name, description: description || null, time_zone: zone } })),
    [['project', project.id], ['me'], ['trends'], ['events']], () => notifications.show({ message: words.saved }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    saving.run();
  };
  const readOnly = !mayManage(project.role);
  return (
    <>
      <Panel title={words.general}>
        <form onSubmit={submit} className={styles.form}>
          <TextInput label={words.name} required maxLength={200} value={name} readOnly={readOnly} error={saving.fault('name')} onChange={(e) => setName(e.currentTarget.value)} />
          <Textarea label={words.description} autosize minRows={2} maxRows={6} value={description} readOnly={readOnly} error={saving.fault('description')} onChange={(e) => setDescription(e.currentTarget.value)} />
          <Select
            label={words.timeZone} searchable allowDeselect={false} limit={100} data={[...new Set([project.time_zone, ...zones])]} value={zone} readOnly={readOnly}
            error={saving.fault('time_zone')} onChange={(chosen) => chosen && setZone(chosen)}
          />
          {saving.problem && <ProblemNote problem={saving.problem} />}
          {!readOnly && <Button type="submit" loading={saving.busy} className={styles.submit}>{text.action.save}</Button>}
        </form>
      </Panel>
      <Leaving />
      {project.role === 'owner' && <Danger />}
    </>
  );
}

/** Home, once it is known there that the project is none of one's own any more. */
function useGoHome() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return async () => {
    await queries.invalidateQueries({ queryKey: ['me'] });
    await navigate('/', { replace: true });
  };
}

function Leaving() {
  const project = useProject();
  const me = useMe();
  const goHome = useGoHome();
  const [opened, setOpened] = useState(false);
  const leaving = useCall(
    () => ask(api.DELETE('/v1/projects/{id}/members/{user_id}', { params: { path: { id: project.id, user_id: me.data?.id ?? '' } } })), [], () => void goHome());
  return (
    <Panel title={words.leave}>
      <p className={styles.intro}>{words.leaveText}</p>
      <Button color="var(--bad)" variant="outline" onClick={() => setOpened(true)}>{words.leave}</Button>
      <Confirm
        title={words.leave} detail={words.leaveText} action={words.leave} opened={opened} busy={leaving.busy} problem={leaving.problem}
        onConfirm={() => leaving.run()} onClose={() => setOpened(false)}
      />
    </Panel>
  );
}

function Danger() {
  const project = useProject();
  const goHome = useGoHome();
  const [opened, setOpened] = useState(false);
  const [typed, setTyped] = useState('');
  const deleting = useCall(
    () => ask(api.DELETE('/v1/projects/{id}', { params: { path: { id: project.id } } })), [], () => void goHome());
  return (
    <Panel title={words.danger}>
      <p className={styles.intro}>{words.dangerText}</p>
      <Button color="var(--bad)" variant="outline" onClick={() => setOpened(true)}>{words.danger}</Button>
      <Confirm
        title={words.danger} detail={words.dangerText} action={words.danger} opened={opened} busy={deleting.busy} problem={deleting.problem}
        ready={typed === project.name} onConfirm={() => deleting.run()} onClose={() => setOpened(false)}
      >
        <TextInput label={words.dangerConfirm(project.name)} value={typed} onChange={(e) => setTyped(e.currentTarget.value)} data-autofocus />
      </Confirm>
    </Panel>
  );
}
