import { useMemo } from 'react';
import type { Schemas } from '../../api/client';
import { formatNumber } from '../../components/format';
import { text } from '../../text';
import { layOut, size } from './paths';
import styles from './PathsFlow.module.css';

/** Steps from left to right; a band is as wide as the people who went that way. */
export function PathsFlow({ answer }: { answer: Schemas['PathsResult'] }) {
  const { nodes, links } = useMemo(() => layOut(answer), [answer]);
  return (
    <div className={styles.scroll} tabIndex={0} role="group" aria-label={text.paths.title}>
      <svg viewBox={`0 0 ${size.width} ${size.height}`} className={styles.flow} role="img" aria-label={text.paths.picture(nodes.length, links.length)}>
        {links.map((link) => (
          <path key={`${link.from} ${link.to}`} d={link.path} className={styles.link} style={{ strokeWidth: link.width }}><title>{link.label}</title></path>
        ))}
        {nodes.map((node) => (
          <g key={node.id}>
            <rect x={node.x} y={node.y} width={size.node} height={node.height} rx={3} className={styles.node} data-other={node.other || undefined} />
            <text x={node.x + size.node + 6} y={node.y + Math.min(node.height / 2, 10) + 4} className={styles.label}>
              {node.label.length > 20 ? `${node.label.slice(0, 19)}…` : node.label}
              <tspan className={styles.people}> {formatNumber(node.people)}</tspan>
            </text>
          </g>
        ))}
      </svg>
    </div>
  );
}
