import { ActionIcon, Badge, Button, PasswordInput, Select, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQuery } from '@tanstack/react-query';
import { Trash2 } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { api, ask, type Schemas } from '../../api/client';
import { signOut } from '../../api/session';
import { useMe } from '../../app/me';
import { Confirm } from '../../components/Confirm';
import { formatTime } from '../../components/format';
import { PageHead } from '../../components/PageHead';
import { Panel } from '../../components/Panel';
import { ProblemNote } from '../../components/ProblemNote';
import { ShownOnce } from '../../components/ShownOnce';
import { RowsSkeleton } from '../../components/Skeletons';
import { useCall } from '../../components/useCall';
import { ownZone } from '../../components/zones';
import { text } from '../../text';
import styles from '../settings/settings.module.css';

const words = text.account;

export default function AccountPage() {
  const me = useMe();
  return (
    <>
      <PageHead title={words.title} />
      <Panel title={words.profile}>
        {me.error ? <ProblemNote problem={me.error} retry={() => void me.refetch()} /> : !me.data ? <RowsSkeleton rows={2} /> : (
          <p><strong>{me.data.name ?? me.data.email}</strong><br />{me.data.email}<br />{words.since} {formatTime(me.data.created_at, ownZone, 'date')}</p>
        )}
      </Panel>
      <Password />
      <Tokens />
      <Sessions />
      <Deletion />
    </>
  );
}

function Password() {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const me = useMe();
  const changing = useCall(
    () => ask(api.POST('/v1/auth/password', { body: { current_password: current, new_password: next } })), [['sessions']],
    () => {
      setCurrent('');
      setNext('');
      notifications.show({ message: words.changed });
    });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    changing.run();
  };
  return (
    <Panel title={words.password}>
      <form onSubmit={submit} className={styles.form}>
        <input type="email" autoComplete="username" value={me.data?.email ?? ''} readOnly hidden />
        <PasswordInput label={words.currentPassword} autoComplete="current-password" required value={current} error={changing.fault('current_password')} onChange={(e) => setCurrent(e.currentTarget.value)} />
        <PasswordInput label={words.newPassword} description={text.signIn.passwordHint} autoComplete="new-password" required minLength={8} value={next} error={changing.fault('new_password')} onChange={(e) => setNext(e.currentTarget.value)} />
        {changing.problem && <ProblemNote problem={changing.problem} />}
        <Button type="submit" loading={changing.busy} className={styles.submit}>{words.change}</Button>
      </form>
    </Panel>
  );
}

type Token = Schemas['TokenAnswer'];
const scopes = ['read', 'write', 'admin'] as const;

function Tokens() {
  const [name, setName] = useState('');
  const [scope, setScope] = useState<string>('read');
  const [days, setDays] = useState('90');
  const [shown, setShown] = useState<string | null>(null);
  const [going, setGoing] = useState<Token | null>(null);
  const tokens = useQuery({ queryKey: ['tokens'], queryFn: ({ signal }) => ask(api.GET('/v1/auth/tokens', { signal })) });
  const making = useCall(
    () => ask(api.POST('/v1/auth/tokens', { body: { name, scopes: [scope], expires_in_days: Number(days) } })), [['tokens']],
    (made) => {
      setName('');
      setShown(made.token);
    });
  const revoking = useCall(
    (token: Token) => ask(api.DELETE('/v1/auth/tokens/{token_id}', { params: { path: { token_id: token.id } } })), [['tokens']], () => setGoing(null));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    making.run();
  };
  return (
    <Panel title={words.tokens}>
      <p className={styles.intro}>{words.tokensIntro}</p>
      {tokens.error ? <ProblemNote problem={tokens.error} retry={() => void tokens.refetch()} /> : !tokens.data ? <RowsSkeleton rows={2} />
        : tokens.data.tokens.length === 0 ? <p className={styles.intro}>{words.noTokens}</p> : (
          <ul className={styles.people}>
            {tokens.data.tokens.map((token) => (
              <li key={token.id}>
                <div>
                  <strong>{token.name}</strong>
                  <small>{words.scopes} {token.scopes.map((one) => words.scopeNames[one as keyof typeof words.scopeNames] ?? one).join(', ')}, {words.expires} {formatTime(token.expires_at, ownZone, 'date')}</small>
                </div>
                <ActionIcon variant="subtle" color="gray" aria-label={`${words.revoke}: ${token.name}`} onClick={() => setGoing(token)}><Trash2 size={16} aria-hidden /></ActionIcon>
              </li>
            ))}
          </ul>
        )}
      <form onSubmit={submit} className={`${styles.form} ${styles.apart}`}>
        <TextInput label={words.tokenName} required maxLength={200} value={name} error={making.fault('name')} onChange={(e) => setName(e.currentTarget.value)} />
        <Select label={words.scopes} allowDeselect={false} value={scope} data={scopes.map((value) => ({ value, label: words.scopeNames[value] }))} onChange={(chosen) => setScope(chosen ?? 'read')} />
        <Select label={words.expiresIn} allowDeselect={false} value={days} data={Object.entries(words.days).map(([value, label]) => ({ value, label }))} onChange={(chosen) => setDays(chosen ?? '90')} />
        {making.problem && <ProblemNote problem={making.problem} />}
        <Button type="submit" loading={making.busy} className={styles.submit}>{words.makeToken}</Button>
      </form>
      <ShownOnce title={words.newToken} note={words.newTokenOnce} values={shown ? [{ name: words.newToken, value: shown }] : null} onClose={() => setShown(null)} />
      <Confirm
        title={words.revoke} detail={words.revokeAsk} action={words.revoke} opened={going !== null} busy={revoking.busy} problem={revoking.problem}
        onConfirm={() => going && revoking.run(going)} onClose={() => setGoing(null)}
      />
    </Panel>
  );
}

function Sessions() {
  const sessions = useQuery({ queryKey: ['sessions'], queryFn: ({ signal }) => ask(api.GET('/v1/auth/sessions', { signal })) });
  const ending = useCall(
    (id: string) => ask(api.DELETE('/v1/auth/sessions/{session_id}', { params: { path: { session_id: id } } })), [['sessions']]);
  return (
    <Panel title={words.sessions}>
      <p className={styles.intro}>{words.sessionsIntro}</p>
      {ending.problem && <ProblemNote problem={ending.problem} />}
      {sessions.error ? <ProblemNote problem={sessions.error} retry={() => void sessions.refetch()} /> : !sessions.data ? <RowsSkeleton rows={2} /> : (
        <ul className={styles.people}>
          {sessions.data.sessions.map((session) => (
            <li key={session.id}>
              <div>
                <strong>{session.address ?? '–'} {session.current && <Badge variant="default" size="sm">{words.thisSession}</Badge>}</strong>
                <small>{session.user_agent ?? ''}</small>
                <small>{words.begun} {formatTime(session.created_at, ownZone, 'minute')}</small>
              </div>
              {!session.current && <Button size="xs" variant="default" loading={ending.busy} onClick={() => ending.run(session.id)}>{words.endSession}</Button>}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Deletion() {
  const [opened, setOpened] = useState(false);
  const [password, setPassword] = useState('');
  const deleting = useCall(() => ask(api.DELETE('/v1/auth/me', { body: { password } })), [], () => void signOut().catch(() => undefined));
  return (
    <Panel title={words.delete}>
      <p className={styles.intro}>{words.deleteText}</p>
      <Button color="var(--bad)" variant="outline" onClick={() => setOpened(true)}>{words.delete}</Button>
      <Confirm
        title={words.delete} detail={words.deleteText} action={words.deleteConfirm} opened={opened} busy={deleting.busy} problem={deleting.problem} ready={password.length > 0}
        onConfirm={() => deleting.run()} onClose={() => setOpened(false)}
      >
        <PasswordInput label={words.currentPassword} autoComplete="current-password" value={password} onChange={(e) => setPassword(e.currentTarget.value)} data-autofocus />
      </Confirm>
    </Panel>
  );
}
