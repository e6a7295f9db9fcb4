import { ActionIcon, Table, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { ChartLine, Table2 } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useProject } from '../app/me';
import { text } from '../text';
import type { ApiCall } from './ApiCallPanel';
import styles from './ChartFrame.module.css';
import { EmptyState } from './EmptyState';
import type { DataTable } from './export';
import { ExportMenu } from './ExportMenu';
import { formatNumber } from './format';
import { ProblemNote } from './ProblemNote';
import { ChartSkeleton } from './Skeletons';

export interface ChartFrameProps {
  title: string;
  /** Of a query hook; while it asks anew, what was there stays. */
  answer: { isPending: boolean; isFetching: boolean; error: Error | null; refetch: () => unknown };
  /** What is shown, as rows; null while there is nothing. */
  table: DataTable | null;
  call: ApiCall;
  computedMs?: number | undefined;
  /** Nothing to draw: the range has no events. */
  empty?: boolean;
  emptyTitle?: string;
  emptyDetail?: string;
  height?: number;
  /** More things to do with the answer, such as saving it. */
  actions?: ReactNode;
  children: ReactNode;
}

/** The frame of every answer: its zone, its export, its call, and its states until it is there. */
export function ChartFrame(props: ChartFrameProps) {
  const { title, answer, table, call, computedMs, empty = false, height = 320, actions, children } = props;
  const { time_zone: timeZone } = useProject();
  const [asTable, { toggle }] = useDisclosure();
  const drawn = useRef<HTMLDivElement>(null);
  const late = useLate(answer.isFetching);
  const ready = table !== null && !empty;
  // For the browser's own performance entries. Children draw in effects of theirs, which come before this one.
  useEffect(() => {
    if (ready && !answer.isFetching) performance.mark('nimbus-chart-drawn');
  }, [ready, answer.isFetching, table]);

  return (
    <section className={styles.frame} aria-label={title} aria-busy={answer.isFetching} data-late={late || undefined} data-chart={ready ? 'drawn' : 'none'}>
      <div className={styles.head}>
        <h2>{title}</h2>
        <div className={styles.actions}>
          {actions}
          <Tooltip label={asTable ? text.chart.chart : text.chart.table}>
            <ActionIcon variant="subtle" color="gray" disabled={!ready} onClick={toggle} aria-label={asTable ? text.chart.chart : text.chart.table}>
              {asTable ? <ChartLine size={17} aria-hidden /> : <Table2 size={17} aria-hidden />}
            </ActionIcon>
          </Tooltip>
          <ExportMenu title={title} table={ready ? table : null} drawn={asTable ? null : drawn} call={call} />
        </div>
      </div>
      {answer.error ? <ProblemNote problem={answer.error} retry={() => void answer.refetch()} />
        : answer.isPending || table === null ? <ChartSkeleton height={height} />
        : empty ? <EmptyState title={props.emptyTitle ?? text.chart.emptyTitle} detail={props.emptyDetail ?? text.chart.empty} />
        : asTable ? <Rows table={table} title={title} />
        : <div ref={drawn} className={styles.body} style={{ minHeight: height }}>{children}</div>}
      <p className={styles.foot}>
        <span>{text.chart.timeZone(timeZone)}</span>
        {computedMs !== undefined && <span className="figure">{text.chart.computed(formatNumber(Math.round(computedMs * 10) / 10))}</span>}
      </p>
    </section>
  );
}

const lateMs = 400;

/** True once something has been busy for a while: an answer that comes at once makes nothing flicker, nor thousands of cells be painted twice. */
function useLate(busy: boolean): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!busy) return;
    const timer = setTimeout(() => setLate(true), lateMs);
    return () => {
      clearTimeout(timer);
      setLate(false);
    };
  }, [busy]);
  return busy && late;
}

const mostRows = 1000;

function Rows({ table, title }: { table: DataTable; title: string }) {
  return (
    <Table.ScrollContainer minWidth={300} maxHeight={460} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table stickyHeader aria-label={title}>
        <Table.Thead><Table.Tr>{table.columns.map((column, i) => <Table.Th key={i}>{column}</Table.Th>)}</Table.Tr></Table.Thead>
        <Table.Tbody>
          {table.rows.slice(0, mostRows).map((row, i) => (
            <Table.Tr key={i}>{row.map((value, j) => <Table.Td key={j}>{typeof value === 'number' ? formatNumber(value) : value}</Table.Td>)}</Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
