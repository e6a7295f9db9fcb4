import { Skeleton } from '@mantine/core';
import { text } from '../text';
import { Panel } from './Panel';

/** As high as what comes, so that nothing jumps. */
export function ChartSkeleton({ height = 320 }: { height?: number }) {
  return <div role="status" aria-label={text.app.loading}><Skeleton height={height} /></div>;
}

export function RowsSkeleton({ rows = 8 }: { rows?: number }) {
  return (
    <div role="status" aria-label={text.app.loading}>
      {Array.from({ length: rows }, (_, row) => <Skeleton key={row} height={18} my={14} width={`${95 - ((row * 7) % 25)}%`} />)}
    </div>
  );
}

export function PageSkeleton() {
  return (
    <div role="status" aria-label={text.app.loading}>
      <Skeleton height={26} width={180} mb="lg" />
      <Panel><Skeleton height={40} mb="md" /><Skeleton height={320} /></Panel>
    </div>
  );
}
