import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Outlet, useParams } from 'react-router';
import { api, ask } from '../api/client';
import { ApiProblem } from '../api/problem';
import { ProblemNote } from '../components/ProblemNote';
import { PageSkeleton } from '../components/Skeletons';
import { text } from '../text';
import { ProjectContext, rememberProject, useMe } from './me';
import { NotFound } from './NotFound';
import { Shell } from './Shell';

/** Opens the project of the address for every page below. */
export function ProjectPages() {
  const { projectId = '' } = useParams();
  const me = useMe();
  const project = useQuery({
    queryKey: ['project', projectId],
    queryFn: ({ signal }) => ask(api.GET('/v1/projects/{id}', { params: { path: { id: projectId } }, signal })),
    staleTime: 60_000,
  });
  const role = me.data?.projects.find((membership) => membership.id === projectId)?.role;

  useEffect(() => {
    if (project.data) rememberProject(project.data.id);
  }, [project.data]);

  const problem = project.error ?? me.error;
  if (problem instanceof ApiProblem && (problem.status === 404 || problem.status === 400))
    return <Shell><NotFound detail={text.app.notYourProject} /></Shell>;
  if (problem)
    return <Shell><ProblemNote problem={problem} retry={() => void project.refetch()} /></Shell>;
  if (!project.data || !me.data)
    return <Shell><PageSkeleton /></Shell>;
  return <ProjectContext value={{ ...project.data, role: role ?? 'viewer' }}><Outlet /></ProjectContext>;
}
