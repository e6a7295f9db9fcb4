import type { Schemas } from '../../api/client';
import type { DataTable } from '../../components/export';
import { formatDuration } from '../../components/format';
import { boundsOf, type Range, readRange } from '../../query/range';
import { numberAt, oneOf, textAt } from '../../query/urlState';
import { text } from '../../text';

/** The question of the page, as it stands in the address. */
export interface PathsQuestion extends Range {
  event: string;
  direction: Direction;
  depth: number;
  top: number;
}

export const directions = ['from', 'to'] as const;
export type Direction = (typeof directions)[number];

export function readPaths(raw: Record<string, unknown>): PathsQuestion {
  return {
    ...readRange(raw),
    event: textAt(raw, 'event').slice(0, 200),
    direction: oneOf(raw, 'direction', directions, 'from'),
    depth: Math.round(numberAt(raw, 'depth', 4, 2, 10)),
    top: Math.round(numberAt(raw, 'top', 6, 1, 20)),
  };
}

/** The question as the API takes it. */
export function documentOf(question: PathsQuestion, projectId: string, timeZone: string): Schemas['PathsDocument'] {
  return {
    project_id: projectId,
    ...boundsOf(question, timeZone),
    [question.direction === 'from' ? 'start' : 'end']: { name: question.event },
    depth: question.depth,
    top: question.top,
  } as Schemas['PathsDocument'];
}

type PathNode = Schemas['PathNode'];
type PathLink = Schemas['PathLink'];

export interface PlacedNode extends PathNode {
  x: number;
  y: number;
  height: number;
  label: string;
}

export interface PlacedLink extends PathLink {
  /** An SVG path of its middle line. */
  path: string;
  width: number;
  label: string;
}

export const size = { width: 960, height: 420, node: 12, gap: 14, space: 150 };

/** Places steps in columns and links between them: a node is as high as its people are many. */
export function layOut(answer: Schemas['PathsResult']): { nodes: PlacedNode[]; links: PlacedLink[] } {
  const steps = [...new Set(answer.nodes.map(({ step }) => step))].sort((a, b) => a - b);
  const column = (size.width - size.space - size.node) / Math.max(1, steps.length - 1);
  const tallest = Math.max(1, ...steps.map((step) => inStep(answer, step).length));
  const most = Math.max(1, ...steps.map((step) => inStep(answer, step).reduce((sum, { people }) => sum + people, 0)));
  const scale = (size.height - (tallest - 1) * size.gap - 20) / most;
  const nodes = new Map<string, PlacedNode>();
  steps.forEach((step, at) => {
    let y = 16;
    for (const node of inStep(answer, step).sort((a, b) => b.people - a.people)) {
      const height = Math.max(3, node.people * scale);
      nodes.set(node.id, { ...node, x: at * column, y, height, label: node.other ? text.query.other : node.name });
      y += height + size.gap;
    }
  });
  const [out, into] = [new Map<string, number>(), new Map<string, number>()];
  const links = [...answer.links].sort((a, b) => b.people - a.people).flatMap((link): PlacedLink[] => {
    const [from, to] = [nodes.get(link.from), nodes.get(link.to)];
    if (!from || !to) return [];
    const width = Math.max(1, link.people * scale);
    const start = from.y + (out.get(from.id) ?? 0) + width / 2;
    const end = to.y + (into.get(to.id) ?? 0) + width / 2;
    out.set(from.id, (out.get(from.id) ?? 0) + width);
    into.set(to.id, (into.get(to.id) ?? 0) + width);
    const [left, right] = [from.x + size.node, to.x];
    const middle = (left + right) / 2;
    return [{
      ...link, width, path: `M${left},${start} C${middle},${start} ${middle},${end} ${right},${end}`,
      label: text.paths.link(from.label, to.label, link.people, formatDuration(link.median_seconds)),
    }];
  });
  return { nodes: [...nodes.values()], links };
}

function inStep(answer: Schemas['PathsResult'], step: number): PathNode[] {
  return answer.nodes.filter((node) => node.step === step);
}

export function tableOf(answer: Schemas['PathsResult']): DataTable {
  const nodes = new Map(answer.nodes.map((node) => [node.id, node]));
  const name = (id: string) => {
    const node = nodes.get(id);
    return node ? (node.other ? text.query.other : node.name) : id;
  };
  return {
    columns: [text.paths.step, text.paths.fromEvent, text.paths.toEvent, text.retention.people, text.funnels.median],
    rows: answer.links.map(({ from, to, people, median_seconds: median }) => [nodes.get(from)?.step ?? null, name(from), name(to), people, formatDuration(median)]),
  };
}
