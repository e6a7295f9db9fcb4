import { ActionIcon, Button, Group, Modal, Select, TextInput, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { BookmarkPlus } from 'lucide-react';
import { useState } from 'react';
import { askJson } from '../../api/client';
import { useProject } from '../../app/me';
import { ProblemNote } from '../../components/ProblemNote';
import type { RangeName } from '../../query/range';
import { text } from '../../text';
import { type Dashboard, type QuestionKind, savedOf, withTile } from './saved';

/** Keeps the question of a page, on a dashboard if one likes. Viewers only look. */
export function SaveQuestion({ kind, document, range }: { kind: QuestionKind; document: object; range: RangeName }) {
  const project = useProject();
  const [opened, dialog] = useDisclosure();
  if (project.role === 'viewer') return null;
  return (
    <>
      <Tooltip label={text.dashboards.save}>
        <ActionIcon variant="subtle" color="gray" aria-label={text.dashboards.save} onClick={dialog.open}><BookmarkPlus size={17} aria-hidden /></ActionIcon>
      </Tooltip>
      <Modal opened={opened} onClose={dialog.close} title={text.dashboards.save} closeButtonProps={{ 'aria-label': text.action.close }}>
        {opened && <SaveForm kind={kind} query={savedOf(document, range)} onDone={dialog.close} />}
      </Modal>
    </>
  );
}

function SaveForm({ kind, query, onDone }: { kind: QuestionKind; query: Record<string, unknown>; onDone: () => void }) {
  const project = useProject();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [dashboardId, setDashboardId] = useState<string | null>(null);
  const dashboards = useDashboards();
  const save = useMutation({
    mutationFn: async () => {
      const insight = await askJson<{ id: string }>('POST', '/v1/insights', { project_id: project.id, name: name.trim(), kind, query });
      const dashboard = dashboards.data?.find(({ id }) => id === dashboardId);
      if (dashboard) await askJson('PATCH', `/v1/dashboards/${dashboard.id}`, { project_id: project.id, tiles: withTile(dashboard.tiles, insight.id) });
    },
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['dashboards', project.id] });
      void queries.invalidateQueries({ queryKey: ['dashboard', project.id] });
      onDone();
    },
  });
  return (
    <form
      onSubmit={(submitted) => {
        submitted.preventDefault();
        save.mutate();
      }}
    >
      <TextInput label={text.dashboards.name} required maxLength={200} data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
      <Select
        mt="sm" label={text.dashboards.onDashboard} placeholder={text.dashboards.onNone} clearable value={dashboardId} onChange={setDashboardId}
        data={(dashboards.data ?? []).map(({ id, name: label }) => ({ value: id, label }))}
      />
      {save.error && <ProblemNote problem={save.error} />}
      <Group justify="flex-end" mt="md"><Button type="submit" loading={save.isPending} disabled={!name.trim()}>{text.action.save}</Button></Group>
    </form>
  );
}

/** The project's dashboards, the latest first; more than a hundred are not shown. */
export function useDashboards() {
  const project = useProject();
  return useQuery({
    queryKey: ['dashboards', project.id],
    queryFn: async ({ signal }) =>
      (await askJson<{ dashboards: Dashboard[] }>('GET', `/v1/dashboards?project_id=${project.id}&limit=100`, undefined, signal)).dashboards,
  });
}
