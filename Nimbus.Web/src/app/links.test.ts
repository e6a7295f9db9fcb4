import { afterEach, describe, expect, it, vi } from 'vitest';
import { forgetLink, linkSecret, openLink } from './links';

function open(hash: string): string[] {
  const gone: string[] = [];
  vi.stubGlobal('window', { location: { hash }, history: { replaceState: (_: unknown, __: string, to: string) => gone.push(to) } });
  openLink();
  return gone;
}

describe('a link with a secret', () => {
  afterEach(forgetLink);

  it('leads to its page, and its secret leaves the address', () => {
    expect(open('#/invitation/nbi_1%2F2')).toEqual(['/app/invitation']);
    expect(linkSecret()).toBe('nbi_1/2');
  });

  it('is none where it names no page, or nothing', () => {
    for (const hash of ['', '#', '#content', '#/invitation', '#/invitation/', '#/elsewhere/secret', '#invitation/secret']) {
      expect(open(hash)).toEqual([]);
      expect(linkSecret()).toBeNull();
    }
  });
});
