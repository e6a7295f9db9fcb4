import { Button, Select, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useNavigate } from 'react-router';
import { api, ask } from '../../api/client';
import { ApiProblem } from '../../api/problem';
import { PageHead } from '../../components/PageHead';
import { Panel } from '../../components/Panel';
import { ProblemNote } from '../../components/ProblemNote';
import { ownZone, zones } from '../../components/zones';
import { text } from '../../text';
import styles from './first-minutes.module.css';
import { keepSecret } from './secrets';

export default function NewProjectPage() {
  const [name, setName] = useState('');
  const [zone, setZone] = useState<string>(ownZone);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const creation = useMutation({
    mutationFn: () => ask(api.POST('/v1/projects', { body: { name: name.trim(), description: null, time_zone: zone } })),
    onSuccess: async ({ project, api_key_secret: secret }) => {
      keepSecret(project.id, secret);
      queries.setQueryData(['project', project.id], project);
      await queries.invalidateQueries({ queryKey: ['me'] });
      await navigate(`/p/${project.id}/start`);
    },
  });
  const fault = (field: string) => (creation.error instanceof ApiProblem ? creation.error.field(field) : undefined);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    creation.mutate();
  };
  return (
    <div className={styles.narrow}>
      <PageHead title={text.start.newTitle} intro={text.start.newIntro} />
      <Panel>
        <form onSubmit={submit} className={styles.form}>
          <TextInput
            label={text.start.projectName} placeholder={text.start.projectNameHint} required maxLength={200} autoFocus value={name} error={fault('name')}
            onChange={(e) => setName(e.currentTarget.value)}
          />
          <Select
            label={text.start.timeZone} description={text.start.timeZoneHint} searchable allowDeselect={false} data={zones} limit={100} value={zone}
            error={fault('time_zone')} onChange={(chosen) => setZone(chosen ?? ownZone)}
          />
          {creation.error && <ProblemNote problem={creation.error} />}
          <Button type="submit" loading={creation.isPending} className={styles.submit}>{text.start.create}</Button>
        </form>
      </Panel>
    </div>
  );
}
