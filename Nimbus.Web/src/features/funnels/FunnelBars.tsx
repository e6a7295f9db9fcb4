import { UnstyledButton } from '@mantine/core';
import { formatDuration, formatNumber, formatPercent } from '../../components/format';
import { text } from '../../text';
import type { DrawnGroup } from './funnels';
import styles from './FunnelsPage.module.css';

/** The steps of a funnel as bars: who came so far, and who left. */
export function FunnelBars({ group, onPeople }: { group: DrawnGroup; onPeople: ((step: number, dropped: boolean, label: string) => void) | null }) {
  const entered = group.steps[0]?.people ?? 0;
  return (
    <div className={styles.group}>
      {group.label && <h3>{group.label}</h3>}
      <ol className={styles.bars}>
        {group.steps.map((step, i) => {
          const share = entered > 0 ? step.people / entered : 0;
          const left = (group.steps[i - 1]?.people ?? step.people) - step.people;
          const bar = (
            <span className={styles.track} aria-hidden><span className={styles.bar} style={{ height: `${Math.max(share * 100, step.people > 0 ? 1 : 0)}%` }} /></span>
          );
          return (
            <li key={i}>
              {onPeople
                ? <UnstyledButton className={styles.press} aria-label={text.funnels.showReached(step.label, formatNumber(step.people))} onClick={() => onPeople(i + 1, false, step.label)}>{bar}</UnstyledButton>
                : bar}
              <span className={styles.label}>{i + 1}. {step.label}</span>
              <span className={styles.share}>{formatPercent(step.conversion)}</span>
              <span className={styles.soft}>{text.funnels.peopleCount(formatNumber(step.people))}</span>
              {i > 0 && <span className={styles.soft}>{text.funnels.medianOf(formatDuration(step.median_seconds))}</span>}
              {i > 0 && (onPeople && left > 0
                ? <UnstyledButton className={styles.left} onClick={() => onPeople(i + 1, true, step.label)}>{text.funnels.left(formatNumber(left), formatPercent(1 - (step.step_conversion ?? 1)))}</UnstyledButton>
                : <span className={styles.soft}>{text.funnels.left(formatNumber(left), formatPercent(1 - (step.step_conversion ?? 1)))}</span>)}
            </li>
          );
        })}
      </ol>
    </div>
  );
}
