import { Button, Group, Modal, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { text } from '../text';
import { ProblemNote } from './ProblemNote';

/** Asks before something goes that cannot be had back. */
export function Confirm({ title, detail, action, opened, busy, problem, onConfirm, onClose, ready = true, children }: {
  title: string; detail: string; action: string; opened: boolean; busy: boolean; problem: Error | null; ready?: boolean;
  onConfirm: () => void; onClose: () => void; children?: ReactNode;
}) {
  return (
    <Modal opened={opened} onClose={onClose} title={title} closeButtonProps={{ 'aria-label': text.action.close }}>
      <Text size="sm" mb="md">{detail}</Text>
      {children}
      {problem && <ProblemNote problem={problem} />}
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose}>{text.action.cancel}</Button>
        <Button color="red.9" loading={busy} disabled={!ready} onClick={onConfirm}>{action}</Button>
      </Group>
    </Modal>
  );
}
