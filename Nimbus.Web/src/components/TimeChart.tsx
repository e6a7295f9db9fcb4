import 'uplot/dist/uPlot.min.css';
import { useMantineColorScheme, useComputedColorScheme } from '@mantine/core';
import { useEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import { besides, stack } from './bars';
import { formatBucket, formatNumber, formatShort } from './format';
import styles from './TimeChart.module.css';

export interface TimeSeries {
  label: string;
  /** One value per time; null where there is none. */
  values: (number | null)[];
  /** Drawn lighter and dashed: the period before. */
  faint?: boolean;
  /** Which colour, counted from 0; its place by default. */
  color?: number;
  total?: number | null;
}

const colorCount = 10;

/** Values over time: lines, or bars beside or on each other. Draws 100,000 points without being asked twice. */
export function TimeChart({ times, series, bucket, timeZone, kind = 'line', stacked: addsUp = false, height = 320, label, unfinished = false }: {
  /** Starts of the buckets in milliseconds, ascending. */
  times: number[]; series: TimeSeries[]; bucket: string; timeZone: string; kind?: 'line' | 'bar'; height?: number; label: string;
  /** Bars stand on each other. Only where the sum says something: people who are in two series are counted twice in it. */
  stacked?: boolean;
  /** The last bucket has not ended: the way to it is dashed. */
  unfinished?: boolean;
}) {
  const place = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme();
  useMantineColorScheme();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const shown = useMemo(() => series.map((one, at) => ({ ...one, color: one.color ?? at })).filter((one) => !hidden.has(one.label)), [series, hidden]);

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const style = getComputedStyle(document.documentElement);
    const ink = (name: string) => style.getPropertyValue(name).trim();
    const stacked = kind === 'bar' && addsUp && shown.length > 1;
    const heights = stacked ? stack(shown) : shown.map(({ values }) => values);
    // The last of a stack is the highest, so it is drawn first and the others over it.
    const order = stacked ? shown.map((_, at) => shown.length - 1 - at) : shown.map((_, at) => at);
    const open = unfinished && kind === 'line' && times.length > 1 ? shown.filter(({ faint }) => !faint) : [];
    const solid = (values: (number | null)[], faint?: boolean) => (open.length > 0 && !faint ? [...values.slice(0, -1), null] : values);
    const options: uPlot.Options = {
      width: element.clientWidth || 600,
      height,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), timeZone),
      legend: { show: false },
      padding: [12, null, 0, 0],
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 8 } },
      scales: {
        x: kind === 'bar' ? { range: (_, min, max) => padded(times, min, max) } : {},
        y: { range: (_, min, max) => [Math.min(0, min ?? 0), roundUp(max ?? 1)] },
      },
      axes: [
        {
          stroke: ink('--text-soft'), grid: { show: false }, ticks: { show: false }, font: '12px system-ui, sans-serif', gap: 8, space: 70,
          incrs: stepsFrom(bucket),
          values: (_, splits, __, ___, step) => splits.map((at) => tickOf(at * 1000, step, timeZone)),
        },
        {
          stroke: ink('--text-soft'), grid: { stroke: ink('--line'), width: 1 }, ticks: { show: false }, font: '12px system-ui, sans-serif', size: 56, gap: 6,
          ...(heights.every((values) => values.every((value) => Number.isInteger(value ?? 0))) ? { incrs: wholeSteps } : {}),
          values: (_, splits) => splits.map((value) => formatShort(value)),
        },
      ],
      series: [{}, ...order.map((at): uPlot.Series => {
        const one = shown[at]!;
        const color = ink(`--series-${(one.color % colorCount) + 1}`);
        return kind === 'bar'
          ? { label: one.label, fill: one.faint ? `${color}55` : color, width: 0, paths: stacked || shown.length === 1 ? uPlot.paths.bars!({ size: [0.75, 60], radius: stacked ? 0 : 0.15 }) : besides(at, shown.length), points: { show: false } }
          : {
            label: one.label, stroke: one.faint ? `${color}99` : color, width: one.faint ? 1.5 : 2, ...(one.faint ? { dash: [5, 4] } : {}),
            ...(shown.filter(({ faint }) => !faint).length === 1 && !one.faint ? { fill: `${color}1c` } : {}),
            points: { show: times.length <= 31 && !one.faint, size: 5, fill: color },
          };
      }), ...open.map((one): uPlot.Series => {
        const color = ink(`--series-${(one.color % colorCount) + 1}`);
        return { label: one.label, stroke: color, width: 2, dash: [3, 4], points: { show: false } };
      })],
      hooks: {
        setCursor: [(plot) => showTip(plot, tip.current, (at) => formatBucket(times[at]!, bucket, timeZone), (at) => shown.map((one) => ({
          label: one.label, value: formatNumber(one.values[at]), color: ink(`--series-${(one.color % colorCount) + 1}`),
        })))],
      },
    };
    const data = [times.map((time) => time / 1000), ...order.map((at) => solid(heights[at]!, shown[at]!.faint)), ...open.map(({ values }) => lastTwo(values))] as uPlot.AlignedData;
    const plot = new uPlot(options, data, element);
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [times, shown, bucket, timeZone, kind, addsUp, height, scheme, unfinished]);

  return (
    <div>
      <div className={styles.plot}>
        <div ref={place} role="img" aria-label={label} style={{ height }} />
        <div ref={tip} className={styles.tip} hidden />
      </div>
      {series.length > 1 && (
        <ul className={styles.legend}>
          {series.map((one, at) => (
            <li key={one.label}>
              <button
                type="button" aria-pressed={!hidden.has(one.label)}
                onClick={() => setHidden((before) => toggled(before, one.label))}
              >
                <i style={{ background: `var(--series-${((one.color ?? at) % colorCount) + 1})`, opacity: one.faint ? 0.5 : 1 }} />
                <span className={styles.legendName}>{one.label}</span>
                {one.total != null && <span className="figure">{formatShort(one.total)}</span>}
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

const [minute, hour, day] = [60, 3600, 86_400];
const timeSteps = [
  1, 5, 10, 15, 30, minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute, hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour,
  day, 2 * day, 3 * day, 7 * day, 14 * day, 28 * day, 56 * day, 91 * day, 182 * day, 365 * day, 730 * day, 1825 * day,
];
const bucketSteps: Record<string, number> = { '1m': minute, '5m': 5 * minute, '15m': 15 * minute, '1h': hour, '1d': day, '1w': 7 * day, '1mo': 28 * day };
const wholeSteps = Array.from({ length: 12 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();

/** No tick between two buckets. */
function stepsFrom(bucket: string): number[] {
  return timeSteps.filter((step) => step >= (bucketSteps[bucket] ?? 0));
}

function toggled(before: ReadonlySet<string>, label: string): ReadonlySet<string> {
  const after = new Set(before);
  if (!after.delete(label)) after.add(label);
  return after;
}

function lastTwo(values: (number | null)[]): (number | null)[] {
  return values.map((value, at) => (at >= values.length - 2 ? value : null));
}

/** Room for the first and the last bar. */
function padded(times: number[], min: number, max: number): [number, number] {
  const half = times.length > 1 ? (times[1]! - times[0]!) / 2000 : 1800;
  return [min - half, max + half];
}

/** The end of the axis: a round number above the largest value. */
export function roundUp(max: number): number {
  if (max <= 0) return 1;
  const size = 10 ** Math.floor(Math.log10(max));
  return ([1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((step) => step * size >= max * 1.04) ?? 12) * size;
}

function tickOf(at: number, step: number, timeZone: string): string {
  const options: Intl.DateTimeFormatOptions =
    step >= 28 * 86_400 ? { month: 'short', year: '2-digit' } : step >= 86_400 ? { day: 'numeric', month: 'short' } : { hour: '2-digit', minute: '2-digit', ...(step < minute ? { second: '2-digit' } : {}), hourCycle: 'h23' };
  const time = new Intl.DateTimeFormat('en-GB', { timeZone, ...options }).format(at);
  return step < 86_400 && time === '00:00' ? new Intl.DateTimeFormat('en-GB', { timeZone, day: 'numeric', month: 'short' }).format(at) : time;
}

const mostInTip = 12;

function showTip(plot: uPlot, tip: HTMLDivElement | null, time: (at: number) => string, rows: (at: number) => { label: string; value: string; color: string }[]): void {
  if (!tip) return;
  const { idx, left = -1 } = plot.cursor;
  tip.hidden = idx == null || left < 0;
  if (idx == null || left < 0) return;
  const head = document.createElement('strong');
  head.textContent = time(idx);
  tip.replaceChildren(head, ...rows(idx).slice(0, mostInTip).map(({ label, value, color }) => {
    const row = document.createElement('div');
    const mark = document.createElement('i');
    mark.style.background = color;
    const [name, figure] = [document.createElement('span'), document.createElement('b')];
    [name.textContent, figure.textContent] = [label, value];
    row.append(mark, name, figure);
    return row;
  }));
  const x = left + plot.over.offsetLeft;
  const width = tip.offsetWidth;
  tip.style.transform = `translate(${x + width + 24 > plot.width ? Math.max(0, x - width - 12) : x + 12}px, 8px)`;
}
