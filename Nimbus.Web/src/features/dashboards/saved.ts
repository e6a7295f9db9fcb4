import type { RangeName } from '../../query/range';

export type QuestionKind = 'trends' | 'funnel' | 'retention' | 'paths' | 'lifecycle' | 'stickiness' | 'sessions';

export interface SavedTile {
  insight_id: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Dashboard {
  id: string;
  name: string;
  description: string;
  tiles: SavedTile[];
}

export interface TileAnswer {
  x: number;
  y: number;
  width: number;
  height: number;
  name: string;
  kind: QuestionKind;
  answer: unknown;
  problem: { code: string; detail: string | null } | null;
}

export interface DashboardAnswers {
  name: string;
  description: string;
  time_zone: string;
  tiles: TileAnswer[];
}

const columns = 12;
const days: Partial<Record<RangeName, number>> = { '1h': 1, '24h': 1, today: 1, '7d': 7, '30d': 30, '90d': 90, '12mo': 365 };

/** A question as it is saved: without its project, and with a range that goes on with the time unless it names its dates. */
export function savedOf(document: object, range: RangeName): Record<string, unknown> {
  const query: Record<string, unknown> = { ...document };
  delete query.project_id;
  const lastDays = days[range];
  if (lastDays === undefined) return query;
  delete query.from;
  delete query.to;
  return { ...query, last_days: lastDays };
}

/** Tiles from left to right, row by row, as wide as they are. */
export function arranged(tiles: SavedTile[]): SavedTile[] {
  let [x, y, rowHeight] = [0, 0, 0];
  return tiles.map((tile) => {
    if (x + tile.width > columns) [x, y, rowHeight] = [0, y + rowHeight, 0];
    const placed = { ...tile, x, y };
    x += tile.width;
    rowHeight = Math.max(rowHeight, tile.height);
    return placed;
  });
}

export function withTile(tiles: SavedTile[], insightId: string): SavedTile[] {
  return arranged([...tiles, { insight_id: insightId, x: 0, y: 0, width: 6, height: 4 }]);
}

export function widened(tiles: SavedTile[], at: number): SavedTile[] {
  return arranged(tiles.map((tile, i) => (i === at ? { ...tile, width: tile.width >= columns ? 6 : columns } : tile)));
}

export function movedForward(tiles: SavedTile[], at: number): SavedTile[] {
  if (at <= 0) return tiles;
  const next = [...tiles];
  [next[at - 1], next[at]] = [next[at]!, next[at - 1]!];
  return arranged(next);
}

/** The bucket that the times of an answer are apart. */
export function bucketOf(times: number[]): string {
  const apart = times.length > 1 ? times[1]! - times[0]! : 86_400_000;
  return apart < 300_000 ? '1m' : apart < 3_600_000 ? '15m' : apart < 80_000_000 ? '1h' : apart < 500_000_000 ? '1d' : apart < 700_000_000 ? '1w' : '1mo';
}
