import { useQuery } from '@tanstack/react-query';
import { useProject } from '../app/me';
import { api, ask } from '../api/client';

const fresh = 60_000;

/** The names of the project's events, the most frequent first. */
export function useEventNames() {
  const { id } = useProject();
  return useQuery({
    queryKey: ['schema', id, 'names'],
    queryFn: async ({ signal }) => (await ask(api.GET('/v1/schema/events', { params: { query: { project_id: id } }, signal }))).events,
    staleTime: fresh,
  });
}

/** The properties of the events of a name; of the most frequent name where none is given. */
export function useProperties(name?: string) {
  const { id } = useProject();
  const names = useEventNames();
  const of = name || names.data?.[0]?.name;
  return useQuery({
    queryKey: ['schema', id, 'properties', of],
    queryFn: ({ signal }) =>
      ask(api.GET('/v1/schema/events/{name}/properties', { params: { path: { name: of ?? '' }, query: { project_id: id } }, signal })),
    enabled: of !== undefined,
    staleTime: fresh,
  });
}

/** The most frequent values of a property. */
export function useValues(name: string | undefined, key: string) {
  const { id } = useProject();
  const names = useEventNames();
  const of = name || names.data?.[0]?.name;
  return useQuery({
    queryKey: ['schema', id, 'values', of, key],
    queryFn: async ({ signal }) => (await ask(api.GET('/v1/schema/events/{name}/properties/{key}/values', {
      params: { path: { name: of ?? '', key }, query: { project_id: id, limit: '50' } }, signal,
    }))).values,
    enabled: of !== undefined && key !== '',
    staleTime: fresh,
  });
}
