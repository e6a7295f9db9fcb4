import { type KeyboardEvent, useCallback } from 'react';

/** Arrow keys lead from one `data-row` of a list to the next. */
export function useArrows() {
  const onKeyDown = useCallback((pressed: KeyboardEvent<HTMLElement>) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[pressed.key];
    const within = pressed.target instanceof HTMLElement && pressed.target.matches('[data-row]');
    if (!step || !within) return;
    const rows = [...pressed.currentTarget.querySelectorAll<HTMLElement>('[data-row]')];
    const next = rows[rows.indexOf(pressed.target as HTMLElement) + step];
    if (!next) return;
    pressed.preventDefault();
    next.focus();
  }, []);
  return { onKeyDown };
}
