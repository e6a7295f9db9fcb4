import createClient from 'openapi-fetch';
import { problemOf, unreachable } from './problem';
import type { components, paths } from './schema';
import { accessToken, refresh } from './session';

/** The API as its document describes it. Calls go through `ask`, which gives the answer or throws the problem. */
export const api = createClient<paths>({ baseUrl: '/', fetch: send });

export type Schemas = components['schemas'];

/** The answer of a call of `api`. */
export async function ask<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw problemOf(response, error);
  return data as T;
}

/** A call whose address is in no document that this client was made from: streams and files. */
export async function askText(path: string, signal?: AbortSignal): Promise<string> {
  const response = await send(new Request(new URL(path, window.location.origin), { signal: signal ?? null }));
  if (!response.ok) throw problemOf(response, await response.json().catch(() => null));
  return response.text();
}

/** A call of a path that the document does not have (yet), with JSON both ways. */
export async function askJson<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const response = await send(new Request(new URL(path, window.location.origin), {
    method,
    signal: signal ?? null,
    ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  }));
  const text = await response.text();
  const answer: unknown = text.length === 0 ? null : parse(text);
  if (!response.ok) throw problemOf(response, answer);
  return answer as T;
}

export async function send(request: Request): Promise<Response> {
  const again = request.clone();
  const token = await accessToken();
  const response = await sendWith(request, token);
  if (response.status !== 401 || token === null) return response;
  // Ended before its time: a new password, another node's revocation. A refresh tells which.
  const next = await refresh(token);
  return next === null ? response : sendWith(again, next);
}

async function sendWith(request: Request, token: string | null): Promise<Response> {
  if (token !== null) request.headers.set('Authorization', `Bearer ${token}`);
  try {
    return await fetch(request);
  } catch (failure) {
    if (failure instanceof DOMException && failure.name === 'AbortError') throw failure;
    throw unreachable();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
