import { useQuery } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import { api, ask, type Schemas } from '../api/client';

export type Me = Schemas['MeAnswer'];
export type Project = Schemas['ProjectAnswer'];
export type Role = Schemas['ProjectRole'];

export interface OpenProject extends Project {
  role: Role;
}

export function useMe() {
  return useQuery({ queryKey: ['me'], queryFn: ({ signal }) => ask(api.GET('/v1/auth/me', { signal })), staleTime: 60_000 });
}

export const ProjectContext = createContext<OpenProject | null>(null);

/** The project whose page this is. */
export function useProject(): OpenProject {
  const project = useContext(ProjectContext);
  if (!project) throw new Error('outside of a project');
  return project;
}

export function mayManage(role: Role): boolean {
  return role === 'admin' || role === 'owner';
}

const lastProject = 'nimbus-project';

/** The project that was open last, to open first. */
export function rememberProject(id: string): void {
  try {
    localStorage.setItem(lastProject, id);
  } catch {
    // A browser that keeps nothing is fine.
  }
}

export function rememberedProject(): string | null {
  try {
    return localStorage.getItem(lastProject);
  } catch {
    return null;
  }
}
