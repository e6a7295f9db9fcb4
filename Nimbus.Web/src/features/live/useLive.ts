import { useEffect, useRef, useState } from 'react';
import { api, ask } from '../../api/client';
import { accessToken } from '../../api/session';
import { backOff, type LiveEvent, type LiveMessage, type LiveMetrics, readMessage, withNewest } from './live';

const shown = 200;
/** The server pings every 15 seconds; a feed that is silent for longer is dead. */
const silence = 40_000;
/** Proxies that know no WebSockets refuse them always: after so many tries there is another way. */
const mostTries = 3;
const askingEvery = 2_000;

export interface Live {
  /** asking: nothing here lets a WebSocket through, so the newest events are asked for every other second. */
  state: 'connecting' | 'connected' | 'reconnecting' | 'asking';
  metrics: LiveMetrics | null;
  /** Events per second, the last two minutes, oldest first. */
  history: { at: number; perSecond: number }[];
  events: LiveEvent[];
  /** Came while paused. */
  held: number;
}

const nothing: Live = { state: 'connecting', metrics: null, history: [], events: [], held: 0 };

/** The project's feed, connected again whenever it breaks. While paused, events are held back and counted. */
export function useLive(projectId: string, paused: boolean): Live {
  const [live, setLive] = useState<Live>(nothing);
  const isPaused = useRef(paused);
  const held = useRef<LiveEvent[]>([]);

  useEffect(() => {
    isPaused.current = paused;
    if (paused || held.current.length === 0) return;
    const waiting = held.current;
    held.current = [];
    setLive((before) => ({ ...before, held: 0, events: waiting.reduce((events, event) => withNewest(events, event, shown), before.events) }));
  }, [paused]);

  useEffect(() => {
    let ended = false;
    let tries = 0;
    let connectedOnce = false;
    let socket: WebSocket | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let watch: ReturnType<typeof setTimeout> | undefined;
    held.current = [];
    setLive(nothing);

    const alive = () => {
      clearTimeout(watch);
      watch = setTimeout(() => socket?.close(), silence);
    };
    const again = () => {
      if (ended) return;
      if (!connectedOnce && tries >= mostTries) return void askOn();
      setLive((before) => ({ ...before, state: tries === 0 && before.state === 'connecting' ? 'connecting' : 'reconnecting' }));
      timer = setTimeout(() => void connect(), backOff(tries++));
    };
    const connect = async () => {
      const token = await accessToken().catch(() => null);
      if (ended) return;
      if (token === null) return again();
      const address = new URL(`/ws/projects/${projectId}`, window.location.href);
      address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
      // As a subprotocol the token stands in no address, and so in no log.
      socket = new WebSocket(address, ['nimbus', token]);
      socket.onopen = () => {
        tries = 0;
        connectedOnce = true;
        alive();
        setLive((before) => ({ ...before, state: 'connected' }));
      };
      socket.onmessage = ({ data }) => {
        alive();
        take(data);
      };
      socket.onclose = again;
    };
    const askOn = async () => {
      const messages = await askNewest(projectId).catch(() => null);
      if (ended) return;
      setLive((before) => ({ ...before, state: messages ? 'asking' : 'reconnecting' }));
      messages?.forEach(takeMessage);
      timer = setTimeout(() => void askOn(), askingEvery);
    };
    const seen = new Set<string>();
    const take = (data: unknown) => takeMessage(readMessage(data));
    const takeMessage = (message: LiveMessage) => {
      if (message.kind === 'metrics') {
        const point = { at: Date.now(), perSecond: message.metrics.perSecond };
        setLive((before) => ({ ...before, metrics: message.metrics, history: [...before.history.slice(-119), point] }));
      } else if (message.kind === 'event') {
        if (seen.has(message.event.id)) return;
        seen.add(message.event.id);
        if (seen.size > 5000) seen.clear();
        if (isPaused.current) {
          held.current = [...held.current, message.event].slice(-shown);
          setLive((before) => ({ ...before, held: before.held + 1 }));
        } else setLive((before) => ({ ...before, events: withNewest(before.events, message.event, shown) }));
      }
    };
    void connect();
    return () => {
      ended = true;
      clearTimeout(timer);
      clearTimeout(watch);
      socket?.close();
    };
  }, [projectId]);

  return live;
}

/** What the feed would have told, by asking: the newest events, and the last minutes in figures. */
async function askNewest(projectId: string): Promise<LiveMessage[]> {
  const now = Date.now();
  const [newest, minutes] = await Promise.all([
    ask(api.GET('/v1/events', { params: { query: { project_id: projectId, limit: '20' } } })),
    ask(api.POST('/v1/insights/trends', {
      body: {
        project_id: projectId, from: new Date(now - 5 * 60_000).toISOString(), to: new Date(now).toISOString(), bucket: '1m',
        series: [{ measure: 'users', label: 'people' }, { label: 'events' }],
      },
    })),
  ]);
  const [people, events] = minutes.series;
  const metrics: LiveMetrics = { perSecond: Number(events?.total ?? 0) / 300, activePeople: Number(people?.total ?? 0), byName: namesOf(newest.events) };
  return [{ kind: 'metrics', metrics }, ...newest.events.toReversed().map((event): LiveMessage => ({ kind: 'event', event }))];
}

function namesOf(events: LiveEvent[]): LiveMetrics['byName'] {
  const counts = new Map<string, number>();
  for (const { name } of events) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count || a.name.localeCompare(b.name));
}
