import type uPlot from 'uplot';

/** Where each bar of a stack ends: what is above zero goes up from it, what is below goes down. */
export function stack(series: { values: (number | null)[] }[]): number[][] {
  const [up, down]: [number[], number[]] = [[], []];
  return series.map(({ values }) => values.map((value, at) => {
    const side = (value ?? 0) < 0 ? down : up;
    return (side[at] = (side[at] ?? 0) + (value ?? 0));
  }));
}

/** Bars of several series, each in its share of the bucket. */
export function besides(at: number, count: number): uPlot.Series.PathBuilder {
  return (plot, index, from, to) => {
    const [times, values] = [plot.data[0], plot.data[index]!];
    const across = (time: number) => plot.valToPos(time, 'x', true);
    const zero = plot.valToPos(0, 'y', true);
    const apart = times.length > 1 ? across(times[1]!) - across(times[0]!) : 80 * devicePixelRatio;
    const width = Math.max(1, Math.min((apart * 0.8) / count, 60 * devicePixelRatio));
    const bars = new Path2D();
    for (let i = from; i <= to; i++) {
      const value = values[i];
      if (value == null) continue;
      const top = plot.valToPos(value, 'y', true);
      bars.rect(across(times[i]!) + (at - count / 2) * width, Math.min(top, zero), Math.max(1, width * 0.94), Math.abs(top - zero));
    }
    return { fill: bars, stroke: bars };
  };
}
