import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router';

/** Reads a question out of the address, whatever stands there. What cannot be used is left at its default. */
export type Reader<T> = (raw: Record<string, unknown>) => T;

/**
 * The question of a page, kept in the address, so that a link is the answer. Each field is a parameter: text as it is,
 * anything else as JSON; a field at its default is left out.
 */
export function useUrlState<T extends object>(read: Reader<T>): [T, (change: Partial<T>) => void] {
  const [params, setParams] = useSearchParams();
  const query = params.toString();
  const state = useMemo(() => read(rawOf(new URLSearchParams(query))), [read, query]);
  const change = useCallback(
    (part: Partial<T>) => setParams((before) => write(read, { ...read(rawOf(before)), ...part }), { replace: false }),
    [setParams, read]);
  return [state, change];
}

export function rawOf(params: URLSearchParams): Record<string, unknown> {
  return Object.fromEntries([...params].map(([name, value]) => [name, parse(value)]));
}

export function write<T extends object>(read: Reader<T>, state: T): URLSearchParams {
  const usual = read({}) as Record<string, unknown>;
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(state)) {
    if (value === undefined || value === null || JSON.stringify(value) === JSON.stringify(usual[name])) continue;
    // Text that reads as JSON is quoted, so that it comes back as text.
    params.set(name, typeof value === 'string' && parse(value) === value ? value : JSON.stringify(value));
  }
  return params;
}

function parse(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

export function textAt(raw: Record<string, unknown>, name: string, usual = ''): string {
  const value = raw[name];
  // A number in an address may be meant as text.
  return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : usual;
}

export function oneOf<T extends string>(raw: Record<string, unknown>, name: string, allowed: readonly T[], usual: T): T {
  const value = textAt(raw, name);
  return allowed.find((option) => option === value) ?? usual;
}

export function numberAt(raw: Record<string, unknown>, name: string, usual: number, min: number, max: number): number {
  const value = raw[name];
  return typeof value === 'number' && Number.isFinite(value) ? Math.min(max, Math.max(min, value)) : usual;
}

export function listAt<T>(raw: Record<string, unknown>, name: string, read: (value: unknown) => T | null, most: number): T[] {
  const value = raw[name];
  return Array.isArray(value) ? value.slice(0, most).map(read).filter((one): one is NonNullable<typeof one> => one !== null) : [];
}
