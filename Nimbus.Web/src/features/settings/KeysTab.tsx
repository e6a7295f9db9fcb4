import { ActionIcon, Badge, Button, Group, Select, SegmentedControl, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Trash2 } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { api, ask, type Schemas } from '../../api/client';
import { useProject } from '../../app/me';
import { Confirm } from '../../components/Confirm';
import { CopyButton } from '../../components/CopyButton';
import { formatTime } from '../../components/format';
import { Panel } from '../../components/Panel';
import { ProblemNote } from '../../components/ProblemNote';
import { ShownOnce } from '../../components/ShownOnce';
import { RowsSkeleton } from '../../components/Skeletons';
import { useCall } from '../../components/useCall';
import { text } from '../../text';
import styles from './settings.module.css';

const words = text.settings;
type Key = Schemas['KeyAnswer'];
type Secrets = { name: string; value: string }[];

export function KeysTab() {
  const { id, time_zone: timeZone } = useProject();
  const [shown, setShown] = useState<Secrets | null>(null);
  const [going, setGoing] = useState<Key | null>(null);
  const path = { id };
  const keys = useQuery({ queryKey: ['keys', id], queryFn: ({ signal }) => ask(api.GET('/v1/projects/{id}/keys', { params: { path, query: { limit: 100 } }, signal })) });
  const deleting = useCall(
    (key: Key) => ask(api.DELETE('/v1/projects/{id}/keys/{key_id}', { params: { path: { id, key_id: key.id } } })), [['keys', id]], () => setGoing(null));
  return (
    <>
      <Panel title={words.keys}>
        <p className={styles.intro}>{words.keysIntro}</p>
        {keys.error ? <ProblemNote problem={keys.error} retry={() => void keys.refetch()} /> : !keys.data ? <RowsSkeleton rows={3} /> : (
          <div className={styles.scroll} tabIndex={0} role="region" aria-label={words.keys}>
            <table className={styles.table}>
              <thead><tr><th>{words.kind}</th><th>{words.key}</th><th>{words.origins}</th><th>{words.made}</th><th /></tr></thead>
              <tbody>
                {keys.data.keys.map((key) => (
                  <tr key={key.id}>
                    <td>{words.kinds[key.kind as keyof typeof words.kinds]} {key.primary && <Badge variant="default" size="sm">{words.primary}</Badge>}<br /><small>{key.name}</small></td>
                    <td><Group gap={4} wrap="nowrap"><code>{key.write_key ?? key.id}</code><CopyButton value={key.write_key ?? key.id} label={text.action.copy} /></Group></td>
                    <td>{key.kind === 'write' ? (key.allowed_origins?.join(', ') || words.anyOrigin) : '–'}</td>
                    <td>{formatTime(key.created_at, timeZone, 'date')}{key.valid_until && <><br /><small>{words.ends} {formatTime(key.valid_until, timeZone, 'minute')}</small></>}</td>
                    <td className={styles.last}>
                      {!key.primary && <ActionIcon variant="subtle" color="gray" aria-label={words.deleteKey} onClick={() => setGoing(key)}><Trash2 size={16} aria-hidden /></ActionIcon>}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Panel>
      <NewKey onMade={setShown} />
      <Rotation onMade={setShown} />
      <ShownOnce title={words.newKey} note={words.newKeyOnce} values={shown} onClose={() => setShown(null)} />
      <Confirm
        title={words.deleteKey} detail={words.deleteKeyAsk} action={words.deleteKey} opened={going !== null} busy={deleting.busy} problem={deleting.problem}
        onConfirm={() => going && deleting.run(going)} onClose={() => setGoing(null)}
      />
    </>
  );
}

function NewKey({ onMade }: { onMade: (secrets: Secrets) => void }) {
  const { id } = useProject();
  const [kind, setKind] = useState<'secret' | 'write'>('write');
  const [name, setName] = useState('');
  const [origins, setOrigins] = useState('');
  const making = useCall(
    () => ask(api.POST('/v1/projects/{id}/keys', {
      params: { path: { id } },
      body: { kind, name: name || null, allowed_origins: kind === 'write' && origins.trim() ? origins.split(/\s+/).filter(Boolean) : null },
    })),
    [['keys', id]],
    (made) => {
      setName('');
      setOrigins('');
      onMade(secretsOf(made));
    });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    making.run();
  };
  return (
    <Panel title={words.addKey}>
      <form onSubmit={submit} className={styles.form}>
        <SegmentedControl
          aria-label={words.kind} value={kind} onChange={(chosen) => setKind(chosen as 'secret' | 'write')} className={styles.submit}
          data={[{ value: 'write', label: words.kinds.write }, { value: 'secret', label: words.kinds.secret }]}
        />
        <TextInput label={words.keyName} value={name} maxLength={200} error={making.fault('name')} onChange={(e) => setName(e.currentTarget.value)} />
        {kind === 'write' && (
          <Textarea label={words.origins} description={words.originsHint} autosize minRows={2} value={origins} error={making.fault('allowed_origins')} onChange={(e) => setOrigins(e.currentTarget.value)} />
        )}
        {making.problem && <ProblemNote problem={making.problem} />}
        <Button type="submit" loading={making.busy} className={styles.submit}>{words.addKey}</Button>
      </form>
    </Panel>
  );
}

function secretsOf({ key, api_key_secret: secret }: Schemas['KeyWithSecret']): Secrets {
  return [{ name: words.key, value: key.write_key ?? key.id }, ...(secret ? [{ name: text.start.secret, value: secret }] : [])];
}

function Rotation({ onMade }: { onMade: (secrets: Secrets) => void }) {
  const { id } = useProject();
  const [opened, setOpened] = useState(false);
  const [grace, setGrace] = useState('3600');
  const rotating = useCall(
    () => ask(api.POST('/v1/projects/{id}/rotate-keys', { params: { path: { id } }, body: { grace_seconds: Number(grace) } })),
    [['keys', id], ['project', id]],
    ({ project, api_key_secret: secret }) => {
      setOpened(false);
      onMade([{ name: text.start.keyId, value: project.api_key_id }, { name: text.start.secret, value: secret }, { name: text.start.writeKey, value: project.write_key }]);
    });
  return (
    <Panel title={words.rotate}>
      <p className={styles.intro}>{words.rotateAsk}</p>
      <Button variant="default" onClick={() => setOpened(true)}>{words.rotate}</Button>
      <Confirm
        title={words.rotate} detail={words.rotateAsk} action={words.rotate} opened={opened} busy={rotating.busy} problem={rotating.problem}
        onConfirm={() => rotating.run()} onClose={() => setOpened(false)}
      >
        <Select label={words.grace} allowDeselect={false} value={grace} data={Object.entries(words.graces).map(([value, label]) => ({ value, label }))} onChange={(chosen) => setGrace(chosen ?? '0')} />
      </Confirm>
    </Panel>
  );
}
