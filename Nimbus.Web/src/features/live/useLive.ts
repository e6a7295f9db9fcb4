import { useEffect, useRef, useState } from 'react';
import { accessToken } from '../../api/session';
import { backOff, type LiveEvent, type LiveMetrics, readMessage, withNewest } from './live';

const shown = 200;
/** The server pings every 15 seconds; a feed that is silent for longer is dead. */
const silence = 40_000;

export interface Live {
  state: 'connecting' | 'connected' | 'reconnecting';
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
        alive();
        setLive((before) => ({ ...before, state: 'connected' }));
      };
      socket.onmessage = ({ data }) => {
        alive();
        take(data);
      };
      socket.onclose = again;
    };
    const take = (data: unknown) => {
      const message = readMessage(data);
      if (message.kind === 'metrics') {
        const point = { at: Date.now(), perSecond: message.metrics.perSecond };
        setLive((before) => ({ ...before, metrics: message.metrics, history: [...before.history.slice(-119), point] }));
      } else if (message.kind === 'event') {
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
