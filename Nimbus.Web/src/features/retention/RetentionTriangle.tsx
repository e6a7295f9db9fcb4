import { memo } from 'react';
import type { Schemas } from '../../api/client';
import { formatNumber, formatPercent } from '../../components/format';
import { text } from '../../text';
import { shareOf } from './retention';
import styles from './RetentionTriangle.module.css';

/**
 * A row for each cohort, a column for each window; the more came back, the stronger the ground. Plain elements, and drawn anew
 * only with its answer: a quarter by day has thousands of them.
 */
export const RetentionTriangle = memo(function RetentionTriangle({ answer, name, onPeople }: {
  answer: Schemas['RetentionResult']; name: (start: string) => string; onPeople?: (start: string, window: number) => void;
}) {
  const windows = answer.average.map((_, n) => n);
  return (
    <div className={styles.scroll} tabIndex={0} role="group" aria-label={text.retention.title}>
      <table className={styles.triangle}>
        <thead>
          <tr><th scope="col">{text.retention.cohort}</th><th scope="col">{text.retention.people}</th>{windows.map((n) => <th key={n} scope="col">{text.retention.window(n)}</th>)}</tr>
        </thead>
        <tbody>
          <tr className={styles.average}>
            <th scope="row">{text.retention.average}</th><td />
            {windows.map((n) => <Cell key={n} share={answer.average[n] ?? null}>{formatPercent(answer.average[n])}</Cell>)}
          </tr>
          {answer.cohorts.map((cohort) => [cohort, name(cohort.start)] as const).map(([cohort, label]) => (
            <tr key={cohort.start}>
              <th scope="row">{label}</th>
              <td>{formatNumber(cohort.size)}</td>
              {windows.map((n) => {
                const share = shareOf(cohort, n);
                return (
                  <Cell key={n} share={share}>
                    {share !== null && !onPeople && <span>{formatPercent(share)}<small>{formatNumber(cohort.retained[n])}</small></span>}
                    {share !== null && onPeople && (
                      <button type="button" title={text.retention.who(label, n)} onClick={() => onPeople(cohort.start, n)}>
                        {formatPercent(share)}<small>{formatNumber(cohort.retained[n])}</small>
                      </button>
                    )}
                  </Cell>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
});

function Cell({ share, children }: { share: number | null; children: React.ReactNode }) {
  return (
    <td style={share === null ? undefined : { background: `color-mix(in srgb, var(--series-1) ${Math.round(Math.min(share, 1) * 42)}%, transparent)` }}>{children}</td>
  );
}
