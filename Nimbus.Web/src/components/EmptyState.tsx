import type { ReactNode } from 'react';
import styles from './components.module.css';

/** Nothing is there: says so, and what to do next. */
export function EmptyState({ title, detail, children }: { title: string; detail: string; children?: ReactNode }) {
  return (
    <div className={styles.empty}>
      <svg width="64" height="44" viewBox="0 0 64 44" aria-hidden>
        <path d="M8 40h48M14 40V28M26 40V20M38 40V30M50 40V14" fill="none" stroke="var(--line)" strokeWidth="6" strokeLinecap="round" />
      </svg>
      <p className={styles.emptyTitle}>{title}</p>
      <p className={styles.emptyDetail}>{detail}</p>
      {children}
    </div>
  );
}
