import {
  Activity, BarChart3, Filter, GitFork, HeartPulse, LayoutDashboard, ListTree, type LucideIcon, Radio,
  Repeat, Rocket, Settings, Users, UsersRound,
} from 'lucide-react';
import { type ComponentType, lazy } from 'react';
import { text } from '../text';

export interface Page {
  /** Behind /app/p/{project}/. */
  path: string;
  label: string;
  icon: LucideIcon;
  group: string;
  /** Its code comes when it is opened first. */
  component: ComponentType;
  /** Paths below its own are its as well. */
  deep?: boolean;
}

const { nav } = text;

/** Every page of a project, in the order of the navigation. A new page is a line here. */
export const pages: Page[] = [
  { path: 'live', label: nav.live, icon: Radio, group: nav.now, component: lazy(() => import('../features/live/LivePage')) },
  { path: 'trends', label: nav.trends, icon: BarChart3, group: nav.questions, component: lazy(() => import('../features/trends/TrendsPage')) },
  { path: 'funnels', label: nav.funnels, icon: Filter, group: nav.questions, component: lazy(() => import('../features/funnels/FunnelsPage')) },
  { path: 'retention', label: nav.retention, icon: Repeat, group: nav.questions, component: lazy(() => import('../features/retention/RetentionPage')) },
  { path: 'paths', label: nav.paths, icon: GitFork, group: nav.questions, component: lazy(() => import('../features/paths/PathsPage')) },
  { path: 'lifecycle', label: nav.lifecycle, icon: Activity, group: nav.questions, component: lazy(() => import('../features/lifecycle/LifecyclePage')) },
  { path: 'people', label: nav.people, icon: Users, group: nav.data, component: lazy(() => import('../features/people/PeoplePage')), deep: true },
  { path: 'cohorts', label: nav.cohorts, icon: UsersRound, group: nav.data, component: lazy(() => import('../features/cohorts/CohortsPage')) },
  { path: 'events', label: nav.events, icon: ListTree, group: nav.data, component: lazy(() => import('../features/events/EventsPage')) },
  { path: 'dashboards', label: nav.dashboards, icon: LayoutDashboard, group: nav.saved, component: lazy(() => import('../features/dashboards/DashboardsPage')), deep: true },
  { path: 'health', label: nav.health, icon: HeartPulse, group: nav.project, component: lazy(() => import('../features/health/HealthPage')) },
  { path: 'start', label: nav.start, icon: Rocket, group: nav.project, component: lazy(() => import('../features/first-minutes/StartPage')) },
  { path: 'settings', label: nav.settings, icon: Settings, group: nav.project, component: lazy(() => import('../features/settings/SettingsPage')) },
];
