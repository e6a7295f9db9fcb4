import { CopyButton } from './CopyButton';
import { text } from '../text';
import styles from './components.module.css';

/** Text to be taken elsewhere as it is. */
export function CodeBlock({ code, label }: { code: string; label: string }) {
  return (
    <div className={styles.code}>
      <pre tabIndex={0} aria-label={label}><code>{code}</code></pre>
      <div className={styles.codeCopy}><CopyButton value={code} label={text.action.copy} /></div>
    </div>
  );
}
