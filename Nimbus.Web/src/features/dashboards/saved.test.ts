import { describe, expect, it } from 'vitest';
import { arranged, bucketOf, movedForward, savedOf, widened, withTile } from './saved';

const tile = (insight_id: string, width = 6) => ({ insight_id, x: 0, y: 0, width, height: 4 });

describe('a saved question', () => {
  it('goes on with the time, unless it names its dates', () => {
    const document = { project_id: 'p', from: '2026-03-01', to: '2026-03-31', bucket: '1d' };
    expect(savedOf(document, '30d')).toEqual({ bucket: '1d', last_days: 30 });
    expect(savedOf(document, 'custom')).toEqual({ from: '2026-03-01', to: '2026-03-31', bucket: '1d' });
  });
});

describe('the tiles of a dashboard', () => {
  it('stand in rows of twelve columns', () => {
    expect(arranged([tile('a'), tile('b'), tile('c', 12), tile('d')]).map(({ x, y }) => [x, y])).toEqual([[0, 0], [6, 0], [0, 4], [0, 8]]);
    expect(withTile([tile('a')], 'b').map(({ x, y }) => [x, y])).toEqual([[0, 0], [6, 0]]);
    expect(widened([tile('a'), tile('b')], 0).map(({ width, y }) => [width, y])).toEqual([[12, 0], [6, 4]]);
    expect(movedForward([tile('a'), tile('b')], 1).map(({ insight_id: id }) => id)).toEqual(['b', 'a']);
    expect(movedForward([tile('a')], 0)).toEqual([tile('a')]);
  });

  it('tell their bucket by their times', () => {
    expect([60_000, 3_600_000, 82_800_000, 90_000_000, 604_800_000, 2_419_200_000].map((apart) => bucketOf([0, apart])))
      .toEqual(['1m', '1h', '1d', '1d', '1w', '1mo']);
    expect(bucketOf([])).toBe('1d');
  });
});
