import icon from '../icon.svg';
import { text } from '../text';
import styles from './components.module.css';

export function Logo() {
  return <span className={styles.logo}><img src={icon} width={26} height={26} alt="" />{text.app.name}</span>;
}
