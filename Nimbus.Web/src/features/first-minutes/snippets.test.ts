import { describe, expect, it } from 'vitest';
import { snippetsFor } from './snippets';

describe('the snippets', () => {
  const snippets = snippetsFor({ origin: 'https://events.example.com:8443', keyId: 'nbk_1', secret: 'nbs_2', writeKey: 'nbw_3' });

  it('hold a real key each, and where to send', () => {
    for (const { name, code } of snippets) {
      expect(code, name).toMatch(/nbs_2|nbw_3/);
      expect(code, name).toContain('events.example.com:8443');
    }
  });

  it('put the secret into none that runs in a browser', () =>
    expect(snippets.filter(({ code }) => code.includes('nbs_2')).map(({ name }) => name)).toEqual(['.NET', 'Python']));
});
