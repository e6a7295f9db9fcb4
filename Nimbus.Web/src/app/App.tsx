import { useQueryClient } from '@tanstack/react-query';
import { type ComponentType, lazy, Suspense, useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { Navigate, Route, Routes, useLocation } from 'react-router';
import { accessToken, current, subscribe } from '../api/session';
import { Boundary } from '../components/Boundary';
import { ProblemNote } from '../components/ProblemNote';
import { PageSkeleton } from '../components/Skeletons';
import { Home } from './Home';
import { NotFound } from './NotFound';
import { pages } from './pages';
import { ProjectPages } from './ProjectPages';
import { Shell } from './Shell';

const AuthPages = lazy(() => import('../features/sign-in/AuthPages'));
const NewProjectPage = lazy(() => import('../features/first-minutes/NewProjectPage'));
const SharedDashboard = lazy(() => import('../features/dashboards/SharedDashboard'));
const AccountPage = lazy(() => import('../features/account/AccountPage'));

/** What one may see without an account. */
const open = ['/sign-in', '/sign-up', '/signed-in', '/password-reset', '/invitation'];

export function App() {
  const { status } = useSyncExternalStore(subscribe, current);
  const { pathname, search } = useLocation();
  const queries = useQueryClient();

  const [problem, setProblem] = useState<Error | null>(null);
  const start = useCallback(() => {
    setProblem(null);
    accessToken().catch(setProblem);
  }, []);
  useEffect(start, [start]);
  // What one person asked, the next one at this browser does not see. Only once somebody was signed in: to forget a question
  // that is being asked would leave whoever waits for its answer, behind a shared link, waiting for ever.
  const before = useRef(status);
  useEffect(() => {
    if (before.current === 'signed-in' && status === 'signed-out') queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'shared' });
    before.current = status;
  }, [status, queries]);

  if (open.includes(pathname))
    return <Suspense fallback={null}><AuthPages /></Suspense>;
  if (pathname.startsWith('/shared/'))
    return <Suspense fallback={<PageSkeleton />}><SharedDashboard token={pathname.slice('/shared/'.length)} /></Suspense>;
  if (status === 'starting')
    return <Shell>{problem ? <ProblemNote problem={problem} retry={start} /> : <PageSkeleton />}</Shell>;
  if (status === 'signed-out')
    return <Navigate to={`/sign-in?to=${encodeURIComponent(pathname + search)}`} replace />;
  return (
    <Routes>
      <Route index element={<Home />} />
      <Route path="new-project" element={<Framed page={NewProjectPage} />} />
      <Route path="account" element={<Framed page={AccountPage} />} />
      <Route path="p/:projectId" element={<ProjectPages />}>
        <Route index element={<Navigate to={pages[0]!.path} replace />} />
        {pages.map(({ path, deep, component }) => (
          <Route key={path} path={deep ? `${path}/*` : path} element={<Framed page={component} />} />
        ))}
        <Route path="*" element={<Shell><NotFound /></Shell>} />
      </Route>
      <Route path="*" element={<Shell><NotFound /></Shell>} />
    </Routes>
  );
}

function Framed({ page: Content }: { page: ComponentType }) {
  const { pathname } = useLocation();
  return (
    <Shell>
      <Boundary key={pathname}>
        <Suspense fallback={<PageSkeleton />}><Content /></Suspense>
      </Boundary>
    </Shell>
  );
}
