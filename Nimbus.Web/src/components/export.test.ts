import { describe, expect, it } from 'vitest';
import { curlOf } from './ApiCallPanel';
import { csvOf, fileName } from './export';

describe('an export', () => {
  it('quotes what needs it and runs nothing in a spreadsheet', () => {
    expect(csvOf({ columns: ['a,b', 'n'], rows: [['say "hi"', 1.5], ['=1+1', null], ['line\nbreak', -2]] }))
      .toBe('"a,b",n\r\n"say ""hi""",1.5\r\n\'=1+1,\r\n"line\nbreak",-2\r\n');
  });

  it('has a name that every system takes', () => {
    expect(fileName('Trends: Über/Läufe', 'csv')).toBe('trends-über-läufe.csv');
    expect(fileName('///', 'png')).toBe('nimbus.png');
  });

  it('as a call is taken by a shell as it stands', () => {
    expect(curlOf({ method: 'POST', path: '/v1/x', body: { name: "it's $HOME" } }, 'http://n')).toContain("it'\\''s $HOME");
  });
});
