import { describe, expect, it } from 'vitest';
import { stack } from './bars';

describe('bars on each other', () => {
  it('go up from what is above zero, and down from what is below', () => {
    expect(stack([{ values: [1, 2, null] }, { values: [3, null, 0] }, { values: [-4, -1, null] }, { values: [-1, 5, 2] }]))
      .toEqual([[1, 2, 0], [4, 2, 0], [-4, -1, 0], [-5, 7, 2]]);
  });
});
