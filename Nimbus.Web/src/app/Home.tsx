import { Navigate } from 'react-router';
import { ProblemNote } from '../components/ProblemNote';
import { PageSkeleton } from '../components/Skeletons';
import { rememberedProject, useMe } from './me';
import { Shell } from './Shell';

/** To the project that was open last, or to the first one, or to making one. */
export function Home() {
  const me = useMe();
  if (me.error)
    return <Shell><ProblemNote problem={me.error} retry={() => void me.refetch()} /></Shell>;
  if (!me.data)
    return <Shell><PageSkeleton /></Shell>;
  const last = rememberedProject();
  const project = me.data.projects.find(({ id }) => id === last) ?? me.data.projects[0];
  return <Navigate to={project ? `/p/${project.id}` : '/new-project'} replace />;
}
