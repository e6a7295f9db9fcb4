import type { ReactNode } from 'react';
import { useEffect } from 'react';
import { text } from '../text';
import styles from './components.module.css';

/** A page's name, in the tab as well, what it is for, and what can be done with the whole of it. */
export function PageHead({ title, intro, children }: { title: string; intro?: string; children?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · ${text.app.name}`;
  }, [title]);
  return (
    <div className={styles.pageHead}>
      <div><h1>{title}</h1>{intro && <p>{intro}</p>}</div>
      {children && <div className={styles.pageActions}>{children}</div>}
    </div>
  );
}
