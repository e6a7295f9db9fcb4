import { describe, expect, it } from 'vitest';
import { layOut, readPaths, size } from './paths';

const node = (id: string, step: number, people: number) => ({ id, step, name: id, people, other: false });

describe('paths', () => {
  it('are laid out in columns that fit, as high as their people are many', () => {
    const { nodes, links } = layOut({
      nodes: [node('a', 0, 100), node('b', 1, 60), node('c', 1, 40), node('d', 2, 5)],
      links: [{ from: 'a', to: 'b', people: 60, median_seconds: 5 }, { from: 'a', to: 'c', people: 40, median_seconds: 5 }, { from: 'b', to: 'd', people: 5, median_seconds: 1 }],
    });
    expect(nodes.map(({ x }) => x)).toEqual([...nodes.map(({ x }) => x)].sort((a, b) => a - b));
    for (const { x, y, height } of nodes) {
      expect(x + size.node).toBeLessThanOrEqual(size.width);
      expect(y + height).toBeLessThanOrEqual(size.height);
    }
    expect(nodes[1]!.height / nodes[2]!.height).toBeCloseTo(1.5);
    expect(links).toHaveLength(3);
  });

  it('of nothing are nothing', () => {
    expect(layOut({ nodes: [], links: [] })).toEqual({ nodes: [], links: [] });
    expect(layOut({ nodes: [], links: [{ from: 'a', to: 'b', people: 1, median_seconds: 0 }] }).links).toEqual([]);
  });

  it('are read from any address', () => {
    expect(readPaths({ depth: 99, top: 'x', direction: 'up' })).toMatchObject({ depth: 10, top: 6, direction: 'from', event: '' });
  });
});
