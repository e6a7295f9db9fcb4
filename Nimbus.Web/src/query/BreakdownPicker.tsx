import { ActionIcon } from '@mantine/core';
import { X } from 'lucide-react';
import { text } from '../text';
import type { Breakdown } from './breakdown';
import { PropertyPicker } from './PropertyPicker';
import styles from './query.module.css';

export function BreakdownPicker({ event, value, onChange }: {
  event?: string | undefined; value: Breakdown | undefined; onChange: (breakdown: Breakdown | undefined) => void;
}) {
  return (
    <div className={styles.breakdown}>
      <PropertyPicker
        event={event} label={text.query.breakdown} labelled value={value?.key ?? ''}
        onChange={(key) => onChange(key ? { source: value?.source ?? 'prop', key } : undefined)}
      />
      {value && (
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`${text.action.remove}: ${text.query.breakdown}`} onClick={() => onChange(undefined)}>
          <X size={16} aria-hidden />
        </ActionIcon>
      )}
    </div>
  );
}
