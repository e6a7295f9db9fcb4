import { problemOf, unreachable } from './problem';

/**
 * The browser's session. The access token lives in this module and nowhere else; the refresh token is a cookie that no script
 * can read. Tabs share what they get: one refreshes, the others are told.
 */
export interface SessionState {
  /** starting: it is not known yet whether somebody is signed in. */
  status: 'starting' | 'signed-out' | 'signed-in';
}

interface Tokens {
  access_token: string;
  expires_in: number;
}

interface Shared {
  kind: 'tokens' | 'ended';
  tokens?: Tokens;
}

const address = '/app/session';
const lock = 'nimbus-session';
/** Renewed this long before its end, so that no request is sent with a token that dies on the way. */
const marginMs = 60_000;

let state: SessionState = { status: 'starting' };
let token: { text: string; until: number } | null = null;
let refreshing: Promise<string | null> | null = null;
const listeners = new Set<() => void>();
const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(lock);

channel?.addEventListener('message', ({ data }: MessageEvent<Shared>) => {
  if (data.kind === 'tokens' && data.tokens) keep(data.tokens);
  else if (data.kind === 'ended') drop();
});

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function current(): SessionState {
  return state;
}

/** A token that is good for the next minute; null when nobody is signed in. */
export async function accessToken(): Promise<string | null> {
  return token && Date.now() < token.until - marginMs ? token.text : refresh(token?.text ?? null);
}

/** The next token, where <c>dead</c> is the one that was refused. One request however many ask. */
export function refresh(dead: string | null): Promise<string | null> {
  refreshing ??= withLock(async () => {
    // Another tab had the lock before, and has told what it got.
    if (token && token.text !== dead && Date.now() < token.until - marginMs) return token.text;
    const response = await send('/refresh', 'POST');
    if (response.status === 204) {
      end();
      return null;
    }
    return begin((await response.json()) as Tokens);
  }).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

export async function signIn(email: string, password: string): Promise<void> {
  begin((await (await send('', 'POST', { email, password })).json()) as Tokens);
}

export async function register(account: { email: string; password: string; name?: string; invitation?: string }): Promise<void> {
  begin((await (await send('/register', 'POST', account)).json()) as Tokens);
}

/** With the code in the link that a sign-in by the external issuer ends with. */
export async function exchange(code: string): Promise<void> {
  begin((await (await send('/exchange', 'POST', { code })).json()) as Tokens);
}

export async function signOut(): Promise<void> {
  try {
    await withLock(() => send('', 'DELETE'));
  } finally {
    end();
  }
}

/** How one may sign in here. */
export async function ways(): Promise<{ oidc: boolean; registration: boolean }> {
  return (await send('/ways', 'GET')).json() as Promise<{ oidc: boolean; registration: boolean }>;
}

async function send(path: string, method: string, body?: unknown): Promise<Response> {
  const response = await reach(address + path, {
    method,
    headers: { 'X-Nimbus-Dashboard': '1', ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    credentials: 'same-origin',
  });
  if (!response.ok) throw problemOf(response, await response.json().catch(() => null));
  return response;
}

async function reach(path: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(path, request);
  } catch {
    throw unreachable();
  }
}

/** One tab at a time. Where the browser has no locks (plain http on another host) the gateway forgives a second use. */
function withLock<T>(work: () => Promise<T>): Promise<T> {
  const { locks } = navigator as { locks?: LockManager | null };
  return locks ? (locks.request(lock, work) as Promise<T>) : work();
}

function begin(tokens: Tokens): string {
  keep(tokens);
  channel?.postMessage({ kind: 'tokens', tokens: { access_token: tokens.access_token, expires_in: tokens.expires_in } } satisfies Shared);
  return tokens.access_token;
}

function end(): void {
  drop();
  channel?.postMessage({ kind: 'ended' } satisfies Shared);
}

function keep(tokens: Tokens): void {
  token = { text: tokens.access_token, until: Date.now() + tokens.expires_in * 1000 };
  change('signed-in');
}

function drop(): void {
  token = null;
  change('signed-out');
}

function change(status: SessionState['status']): void {
  if (state.status === status) return;
  state = { status };
  for (const listener of listeners) listener();
}
