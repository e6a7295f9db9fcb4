import type { Schemas } from '../../api/client';

/** What the project does in this second. */
export interface LiveMetrics {
  perSecond: number;
  /** So many since the message before, which is about a second ago. */
  byName: { name: string; count: number }[];
  activePeople: number;
}

/** As stored, without what only the explorer tells. */
export type LiveEvent = Pick<Schemas['EventResult'], 'id' | 'name' | 'ts' | 'user_id' | 'anonymous_id' | 'person_id' | 'props'>;

export type LiveMessage = { kind: 'metrics'; metrics: LiveMetrics } | { kind: 'event'; event: LiveEvent } | { kind: 'other' };

/** A message of the feed; what is not known is passed over, so that a newer server does not break the page. */
export function readMessage(data: unknown): LiveMessage {
  const message = typeof data === 'string' ? parse(data) : null;
  if (!isRecord(message)) return { kind: 'other' };
  if (message.type === 'event') {
    const event = isRecord(message.event) ? message.event : message;
    return typeof event.id === 'string' && typeof event.name === 'string' ? { kind: 'event', event: event as unknown as LiveEvent } : { kind: 'other' };
  }
  if (message.type !== 'metrics') return { kind: 'other' };
  return {
    kind: 'metrics',
    metrics: {
      perSecond: numberOf(message.events_per_second),
      activePeople: numberOf(message.active_people),
      byName: (Array.isArray(message.names) ? message.names : [])
        .filter(isRecord)
        .map((one) => ({ name: String(one.name), count: numberOf(one.count) }))
        .sort((a, b) => b.count - a.count || a.name.localeCompare(b.name)),
    },
  };
}

/** The newest first, each once, as many as are shown. */
export function withNewest(events: LiveEvent[], event: LiveEvent, most: number): LiveEvent[] {
  return events.some(({ id }) => id === event.id) ? events : [event, ...events].slice(0, most);
}

/** How long to wait before the n-th try to connect again. */
export function backOff(tries: number): number {
  return Math.min(15_000, 500 * 2 ** Math.min(tries, 5));
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
