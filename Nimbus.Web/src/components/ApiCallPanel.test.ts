import { describe, expect, it } from 'vitest';
import { curlOf, quote } from './ApiCallPanel';

describe('a question as a command', () => {
  it('is one word for the shell, whatever is in it', () => {
    expect(quote(`it's $HOME \`date\``)).toBe(`'it'\\''s $HOME \`date\`'`);
  });

  it('has its body only where it has one', () => {
    expect(curlOf({ method: 'GET', path: '/v1/events?limit=5' }, 'https://nimbus.example'))
      .toBe(`curl 'https://nimbus.example/v1/events?limit=5' \\\n  -H "Authorization: Bearer $TOKEN"`);
    expect(curlOf({ method: 'POST', path: '/v1/insights/trends', body: { name: "it's" } }, 'https://nimbus.example')).toContain(`"it'\\''s"`);
  });
});
