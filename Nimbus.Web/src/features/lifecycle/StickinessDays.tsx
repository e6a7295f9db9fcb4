import type { Schemas } from '../../api/client';
import { formatNumber } from '../../components/format';
import { text } from '../../text';
import styles from './StickinessDays.module.css';

/** How many people were active on exactly so many days. */
export function StickinessDays({ days }: { days: Schemas['StickinessDays'][] }) {
  const most = Math.max(1, ...days.map(({ people }) => people));
  return (
    <div className={styles.scroll} tabIndex={0} role="group" aria-label={text.lifecycle.stickiness}>
      <ol className={styles.days}>
        {days.map(({ n, people }) => (
          <li key={n} title={text.lifecycle.peopleOn(formatNumber(people), n)}>
            <span className={styles.column}>
              <span className={styles.count}>{people > 0 ? formatNumber(people) : ''}</span>
              <span className={styles.bar} style={{ height: `${(people / most) * 90}%` }} aria-hidden />
            </span>
            <span className={styles.n}>{n}</span>
          </li>
        ))}
      </ol>
      <p className={styles.under}>{text.lifecycle.days}</p>
    </div>
  );
}
