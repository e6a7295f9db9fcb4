import { beforeEach, describe, expect, it, vi } from 'vitest';

/** The gateway's session endpoint, as far as a page sees it. */
function gateway(answers: (() => Response)[]) {
  const asked: string[] = [];
  vi.stubGlobal('fetch', vi.fn(async (path: string, request: RequestInit) => {
    asked.push(`${request.method} ${path}`);
    expect((request.headers as Record<string, string>)['X-Nimbus-Dashboard']).toBe('1');
    return (answers.shift() ?? (() => new Response(null, { status: 204 })))();
  }));
  return asked;
}

const tokens = (name: string, seconds = 3600) => () => Response.json({ access_token: name, expires_in: seconds });

describe('the session', () => {
  beforeEach(() => {
    vi.resetModules();
    vi.stubGlobal('BroadcastChannel', undefined);
    vi.stubGlobal('navigator', {});
  });

  it('is asked for once, however many need it', async () => {
    const asked = gateway([tokens('one')]);
    const session = await import('./session');
    expect(await Promise.all([session.accessToken(), session.accessToken(), session.accessToken()])).toEqual(['one', 'one', 'one']);
    expect(asked).toEqual(['POST /app/session/refresh']);
    expect(session.current().status).toBe('signed-in');
  });

  it('is renewed before its token ends, and when one is refused', async () => {
    const asked = gateway([tokens('short', 30), tokens('two'), tokens('three')]);
    const session = await import('./session');
    await session.accessToken();
    expect(await session.accessToken()).toBe('two');
    expect(await session.refresh('two')).toBe('three');
    expect(await session.refresh('two')).toBe('three');
    expect(asked).toHaveLength(3);
  });

  it('is over when the gateway knows none, and stays open when it cannot be asked', async () => {
    gateway([]);
    let session = await import('./session');
    expect(await session.accessToken()).toBeNull();
    expect(session.current().status).toBe('signed-out');

    vi.resetModules();
    gateway([() => Response.json({ code: 'upstream_unavailable', detail: 'Away.' }, { status: 503 })]);
    session = await import('./session');
    await expect(session.accessToken()).rejects.toThrow('Away.');
    expect(session.current().status).toBe('starting');
  });

  it('tells why a sign-in was refused', async () => {
    gateway([() => Response.json({ code: 'invalid_credentials', detail: 'Wrong.' }, { status: 401, headers: { 'X-Request-Id': 'r1' } })]);
    const session = await import('./session');
    await expect(session.signIn('a', 'b')).rejects.toMatchObject({ code: 'invalid_credentials', requestId: 'r1', status: 401 });
  });
});
