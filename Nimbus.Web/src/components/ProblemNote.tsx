import { Alert, Button, Group, Text } from '@mantine/core';
import { TriangleAlert } from 'lucide-react';
import { ApiProblem } from '../api/problem';
import { text } from '../text';

/** What went wrong, in the server's own words, and the id to ask for it by. */
export function ProblemNote({ problem, retry }: { problem: Error; retry?: () => void }) {
  const known = problem instanceof ApiProblem ? problem : null;
  const faults = Object.entries(known?.errors ?? {});
  return (
    <Alert variant="light" color="red" role="alert" title={text.problem.title} icon={<TriangleAlert size={18} aria-hidden />} styles={{ title: { color: 'var(--bad)' } }}>
      <Text size="sm">{problem.message}</Text>
      {faults.map(([field, messages]) => <Text key={field} size="sm">{field}: {messages.join(', ')}</Text>)}
      {known?.retryAfter != null && <Text size="sm">{text.problem.wait(known.retryAfter)}</Text>}
      <Group mt="xs" justify="space-between">
        {retry ? <Button size="xs" variant="default" onClick={retry}>{text.action.retry}</Button> : <span />}
        {known?.requestId && <Text size="xs" c="dimmed" ff="monospace">{text.problem.request} {known.requestId}</Text>}
      </Group>
    </Alert>
  );
}
