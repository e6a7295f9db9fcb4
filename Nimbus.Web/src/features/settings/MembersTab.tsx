import { ActionIcon, Button, Group, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Trash2 } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { api, ask, type Schemas } from '../../api/client';
import { type Role, useMe, useProject } from '../../app/me';
import { Confirm } from '../../components/Confirm';
import { formatTime } from '../../components/format';
import { Panel } from '../../components/Panel';
import { ProblemNote } from '../../components/ProblemNote';
import { ShownOnce } from '../../components/ShownOnce';
import { RowsSkeleton } from '../../components/Skeletons';
import { useCall } from '../../components/useCall';
import { text } from '../../text';
import styles from './settings.module.css';

const words = text.settings;
const roles = Object.entries(words.roles).map(([value, label]) => ({ value, label }));
type Member = Schemas['MemberAnswer'];

export function MembersTab() {
  const { id } = useProject();
  const me = useMe();
  const [going, setGoing] = useState<Member | null>(null);
  const members = useQuery({ queryKey: ['members', id], queryFn: ({ signal }) => ask(api.GET('/v1/projects/{id}/members', { params: { path: { id } }, signal })) });
  const changing = useCall(
    ({ member, role }: { member: Member; role: Role }) =>
      ask(api.PATCH('/v1/projects/{id}/members/{user_id}', { params: { path: { id, user_id: member.user_id } }, body: { role } })),
    [['members', id], ['me']]);
  const removing = useCall(
    (member: Member) => ask(api.DELETE('/v1/projects/{id}/members/{user_id}', { params: { path: { id, user_id: member.user_id } } })),
    [['members', id], ['me']], () => setGoing(null));
  return (
    <>
      <Panel title={words.members}>
        <p className={styles.intro}>{words.membersIntro}</p>
        {changing.problem && <ProblemNote problem={changing.problem} />}
        {members.error ? <ProblemNote problem={members.error} retry={() => void members.refetch()} /> : !members.data ? <RowsSkeleton rows={3} /> : (
          <ul className={styles.people}>
            {members.data.members.map((member) => (
              <li key={member.user_id}>
                <div><strong>{member.name ?? member.email}</strong><small>{member.email}</small></div>
                <Select
                  aria-label={`${words.role}: ${member.email}`} w={120} allowDeselect={false} data={roles} value={member.role}
                  onChange={(role) => role && role !== member.role && changing.run({ member, role: role as Role })}
                />
                <ActionIcon variant="subtle" color="gray" aria-label={`${words.removeMember}: ${member.email}`} disabled={member.user_id === me.data?.id} onClick={() => setGoing(member)}>
                  <Trash2 size={16} aria-hidden />
                </ActionIcon>
              </li>
            ))}
          </ul>
        )}
      </Panel>
      <Joining />
      <Invitations />
      <Confirm
        title={words.removeMember} detail={words.removeMemberAsk(going?.email ?? '')} action={words.removeMember} opened={going !== null} busy={removing.busy}
        problem={removing.problem} onConfirm={() => going && removing.run(going)} onClose={() => setGoing(null)}
      />
    </>
  );
}

/** Who has an account is added, and anyone else invited. */
function Joining() {
  const { id } = useProject();
  const [email, setEmail] = useState('');
  const [role, setRole] = useState('analyst');
  const [link, setLink] = useState<string | null>(null);
  const adding = useCall(
    () => ask(api.POST('/v1/projects/{id}/members', { params: { path: { id } }, body: { email, role } })), [['members', id]], () => setEmail(''));
  const inviting = useCall(
    () => ask(api.POST('/v1/projects/{id}/invitations', { params: { path: { id } }, body: { role, email: email || null } })),
    [['invitations', id]],
    (made) => {
      setEmail('');
      setLink(made.link);
    });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    inviting.reset();
    adding.run();
  };
  const problem = adding.problem ?? inviting.problem;
  return (
    <Panel title={words.addMember}>
      <p className={styles.intro}>{words.addMemberHint}</p>
      <form onSubmit={submit} className={styles.form}>
        <TextInput label={words.email} type="email" value={email} error={adding.fault('email') ?? inviting.fault('email')} onChange={(e) => setEmail(e.currentTarget.value)} />
        <Select label={words.role} allowDeselect={false} data={roles} value={role} onChange={(chosen) => setRole(chosen ?? 'viewer')} />
        {problem && <ProblemNote problem={problem} />}
        <Group gap="xs">
          <Button type="submit" loading={adding.busy} disabled={!email}>{words.addMember}</Button>
          <Button variant="default" loading={inviting.busy} onClick={() => { adding.reset(); inviting.run(); }}>{words.invite}</Button>
        </Group>
      </form>
      <ShownOnce title={words.invite} note={words.invitationLink} values={link ? [{ name: words.invite, value: link }] : null} onClose={() => setLink(null)} />
    </Panel>
  );
}

function Invitations() {
  const { id, time_zone: timeZone } = useProject();
  const open = useQuery({ queryKey: ['invitations', id], queryFn: ({ signal }) => ask(api.GET('/v1/projects/{id}/invitations', { params: { path: { id } }, signal })) });
  const taking = useCall(
    (invitation: string) => ask(api.DELETE('/v1/projects/{id}/invitations/{invitation_id}', { params: { path: { id, invitation_id: invitation } } })), [['invitations', id]]);
  return (
    <Panel title={words.invitations}>
      {taking.problem && <ProblemNote problem={taking.problem} />}
      {open.error ? <ProblemNote problem={open.error} retry={() => void open.refetch()} /> : !open.data ? <RowsSkeleton rows={2} />
        : open.data.invitations.length === 0 ? <p className={styles.intro}>{words.noInvitations}</p> : (
          <ul className={styles.people}>
            {open.data.invitations.map((one) => (
              <li key={one.id}>
                <div><strong>{one.email ?? words.anyone}</strong><small>{words.roles[one.role]}, {words.ends} {formatTime(one.expires_at, timeZone, 'minute')}</small></div>
                <ActionIcon variant="subtle" color="gray" aria-label={`${text.action.remove}: ${one.email ?? words.anyone}`} onClick={() => taking.run(one.id)}>
                  <Trash2 size={16} aria-hidden />
                </ActionIcon>
              </li>
            ))}
          </ul>
        )}
    </Panel>
  );
}
