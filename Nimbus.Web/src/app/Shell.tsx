import { ActionIcon, Menu, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { BookOpen, Check, ChevronsUpDown, CircleUser, LogOut, Menu as MenuIcon, Plus, X } from 'lucide-react';
import { type ReactNode, useContext, useEffect } from 'react';
import { Link, NavLink, useLocation } from 'react-router';
import { signOut } from '../api/session';
import { Logo } from '../components/Logo';
import { text } from '../text';
import { ProjectContext, rememberedProject, useMe } from './me';
import { pages } from './pages';
import { Search } from './Search';
import styles from './Shell.module.css';

/** The frame of every page: where one is, where one can go, who one is. */
export function Shell({ children }: { children: ReactNode }) {
  const [opened, { toggle, close }] = useDisclosure();
  const project = useContext(ProjectContext);
  const linked = useLinkedProject();
  const { pathname } = useLocation();
  useEffect(close, [pathname, close]);

  return (
    <div className={styles.frame}>
      <a className="skip" href="#content">{text.app.skip}</a>
      <header className={styles.bar}>
        <ActionIcon
          className={styles.burger} variant="subtle" color="gray" size="lg" onClick={toggle}
          aria-label={opened ? text.app.closeMenu : text.app.menu} aria-expanded={opened} aria-controls="navigation"
        >
          {opened ? <X size={20} /> : <MenuIcon size={20} />}
        </ActionIcon>
        <Link to="/" className={styles.brand} aria-label={text.app.name}><Logo /></Link>
        {project && <Search />}
      </header>
      <nav id="navigation" className={styles.nav} data-opened={opened || undefined} aria-label={text.app.navigation}>
        <Link to="/" className={styles.wideBrand} aria-label={text.app.name}><Logo /></Link>
        <ProjectSwitch />
        <div className={styles.pages}>{linked && <Pages projectId={linked.id} />}</div>
        <Account />
      </nav>
      {opened && <div className={styles.shade} onClick={close} aria-hidden />}
      <main id="content" className={styles.content} tabIndex={-1}>{children}</main>
    </div>
  );
}

function Pages({ projectId }: { projectId: string }) {
  const groups = [...new Set(pages.map(({ group }) => group))];
  return groups.map((group) => (
    <div key={group} className={styles.group}>
      <h2 className={styles.groupName}>{group}</h2>
      <ul>
        {pages.filter((page) => page.group === group).map(({ path, label, icon: Icon }) => (
          <li key={path}>
            <NavLink to={`/p/${projectId}/${path}`} className={styles.link}><Icon size={17} aria-hidden />{label}</NavLink>
          </li>
        ))}
      </ul>
    </div>
  ));
}

/** The open project; on pages of none, the one that was open last. */
function useLinkedProject(): { id: string; name: string } | undefined {
  const me = useMe();
  const project = useContext(ProjectContext);
  const last = rememberedProject();
  return project ?? me.data?.projects.find(({ id }) => id === last) ?? me.data?.projects[0];
}

function ProjectSwitch() {
  const me = useMe();
  const project = useLinkedProject();
  const name = project?.name ?? (me.data?.projects.length === 0 ? text.app.noProjects : text.app.project);
  return (
    <Menu width={208} position="bottom-start">
      <Menu.Target>
        <UnstyledButton className={styles.switch} aria-label={`${text.app.project}: ${name}`}>
          <span className={styles.initial} data-initial={name.slice(0, 1).toUpperCase()} aria-hidden />
          <span className={styles.switchName}>{name}</span>
          <ChevronsUpDown size={15} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown className={styles.projects}>
        {me.data?.projects.map(({ id, name }) => (
          <Menu.Item key={id} component={Link} to={`/p/${id}`} rightSection={id === project?.id ? <Check size={15} aria-hidden /> : undefined}>
            {name}
          </Menu.Item>
        ))}
        {me.data && me.data.projects.length > 0 && <Menu.Divider />}
        <Menu.Item component={Link} to="/new-project" leftSection={<Plus size={15} aria-hidden />}>{text.app.newProject}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function Account() {
  const me = useMe();
  const name = me.data?.name ?? me.data?.email ?? text.app.account;
  return (
    <Menu width={208} position="top-start">
      <Menu.Target>
        <UnstyledButton className={styles.account} aria-label={`${text.app.account}: ${name}`}>
          <CircleUser size={18} aria-hidden />
          <span className={styles.switchName}>{name}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {me.data && <Menu.Label className={styles.email}>{me.data.email}</Menu.Label>}
        <Menu.Item component={Link} to="/account" leftSection={<CircleUser size={15} aria-hidden />}>{text.app.account}</Menu.Item>
        <Menu.Item component="a" href="/docs" leftSection={<BookOpen size={15} aria-hidden />}>{text.app.documentation}</Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={() => void signOut().catch(() => undefined)} leftSection={<LogOut size={15} aria-hidden />}>{text.app.signOut}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
