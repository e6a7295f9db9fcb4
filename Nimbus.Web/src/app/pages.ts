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
  /** Its code comes when it is opened first, or is fetched before by `load`. */
  component: ComponentType;
  load: () => Promise<unknown>;
  /** Paths below its own are its as well. */
  deep?: boolean;
}

const { nav } = text;

/** Every page of a project, in the order of the navigation. A new page is a line here. */
export const pages: Page[] = [
  page('live', nav.live, Radio, nav.now, () => import('../features/live/LivePage')),
  page('trends', nav.trends, BarChart3, nav.questions, () => import('../features/trends/TrendsPage')),
  page('funnels', nav.funnels, Filter, nav.questions, () => import('../features/funnels/FunnelsPage')),
  page('retention', nav.retention, Repeat, nav.questions, () => import('../features/retention/RetentionPage')),
  page('paths', nav.paths, GitFork, nav.questions, () => import('../features/paths/PathsPage')),
  page('lifecycle', nav.lifecycle, Activity, nav.questions, () => import('../features/lifecycle/LifecyclePage')),
  page('people', nav.people, Users, nav.data, () => import('../features/people/PeoplePage'), true),
  page('cohorts', nav.cohorts, UsersRound, nav.data, () => import('../features/cohorts/CohortsPage')),
  page('events', nav.events, ListTree, nav.data, () => import('../features/events/EventsPage')),
  page('dashboards', nav.dashboards, LayoutDashboard, nav.saved, () => import('../features/dashboards/DashboardsPage'), true),
  page('health', nav.health, HeartPulse, nav.project, () => import('../features/health/HealthPage')),
  page('start', nav.start, Rocket, nav.project, () => import('../features/first-minutes/StartPage')),
  page('settings', nav.settings, Settings, nav.project, () => import('../features/settings/SettingsPage')),
];

function page(path: string, label: string, icon: LucideIcon, group: string, load: () => Promise<{ default: ComponentType }>, deep = false): Page {
  return { path, label, icon, group, component: lazy(load), load, deep };
}

/** Fetches the code of the page at an address, while it is still found out who asks. */
export function loadPage(pathname: string): void {
  const [, , , , path] = pathname.split('/');
  // What fails is tried again, and told, when the page is opened.
  pages.find((one) => one.path === path)?.load().catch(() => undefined);
}
