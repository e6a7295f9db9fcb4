import { Modal, Text } from '@mantine/core';
import { text } from '../text';
import { CodeBlock } from './CodeBlock';

export interface ApiCall {
  method: 'GET' | 'POST';
  /** From the root, with its query. */
  path: string;
  body?: unknown;
}

/** A question as anyone can ask it outside of this page. */
export function ApiCallPanel({ call, opened, onClose }: { call: ApiCall; opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title={text.chart.call} size="lg" closeButtonProps={{ 'aria-label': text.action.close }}>
      <Text size="sm" c="dimmed" mb="sm">{text.chart.callText}</Text>
      <CodeBlock label={text.chart.call} code={curlOf(call, window.location.origin)} />
    </Modal>
  );
}

export function curlOf({ method, path, body }: ApiCall, origin: string): string {
  const lines = [`curl ${quote(origin + path)}`, `  -H "Authorization: Bearer $TOKEN"`];
  if (method === 'POST') lines.push(`  -H 'Content-Type: application/json'`, `  -d ${quote(JSON.stringify(body, null, 2))}`);
  return lines.join(' \\\n');
}

/** As a shell takes it, whatever is in it. */
export function quote(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}
