import { describe, expect, it, vi } from 'vitest';
import { loadPage, pages } from './pages';

describe('the code of a page', () => {
  it('is fetched by the address, and by no other', () => {
    const load = vi.spyOn(pages.find(({ path }) => path === 'trends')!, 'load').mockResolvedValue(undefined);
    for (const other of ['', '/', '/app', '/app/account', '/app/p', '/app/p/1', '/app/p/1/nowhere', '/app/trends']) loadPage(other);
    expect(load).not.toHaveBeenCalled();
    loadPage('/app/p/1/trends');
    expect(load).toHaveBeenCalledOnce();
  });
});
