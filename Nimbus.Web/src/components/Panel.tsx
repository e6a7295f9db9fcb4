import type { ReactNode } from 'react';
import styles from './components.module.css';

/** A part of a page with a ground of its own. */
export function Panel({ title, aside, children, flush }: { title?: ReactNode; aside?: ReactNode; children: ReactNode; flush?: boolean }) {
  return (
    <section className={styles.panel} data-flush={flush || undefined}>
      {(title || aside) && <div className={styles.panelHead}>{title && <h2>{title}</h2>}{aside}</div>}
      {children}
    </section>
  );
}
