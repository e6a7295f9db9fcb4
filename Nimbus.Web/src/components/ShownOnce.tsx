import { Alert, Button, Modal } from '@mantine/core';
import { KeyRound } from 'lucide-react';
import { text } from '../text';
import { CodeBlock } from './CodeBlock';

/** A secret that nobody will see again once this is closed. */
export function ShownOnce({ title, note, values, onClose }: { title: string; note: string; values: { name: string; value: string }[] | null; onClose: () => void }) {
  return (
    <Modal opened={values !== null} onClose={onClose} title={title} closeOnClickOutside={false} closeButtonProps={{ 'aria-label': text.action.close }}>
      <Alert variant="light" color="yellow" mb="sm" icon={<KeyRound size={18} aria-hidden />}>{note}</Alert>
      {values?.map(({ name, value }) => (
        <div key={name}>
          <p>{name}</p>
          <CodeBlock code={value} label={name} />
        </div>
      ))}
      <Button mt="md" onClick={onClose}>{text.action.done}</Button>
    </Modal>
  );
}
