import { Tabs } from '@mantine/core';
import { mayManage, useProject } from '../../app/me';
import { PageHead } from '../../components/PageHead';
import { Panel } from '../../components/Panel';
import { oneOf, useUrlState } from '../../query/urlState';
import { text } from '../../text';
import { AuditTab } from './AuditTab';
import { DataTab } from './DataTab';
import { GeneralTab } from './GeneralTab';
import { KeysTab } from './KeysTab';
import { MembersTab } from './MembersTab';

const words = text.settings;
const tabs = ['general', 'keys', 'members', 'data', 'audit'] as const;
const names = { general: words.general, keys: words.keys, members: words.members, data: words.data, audit: words.audit };

const read = (raw: Record<string, unknown>) => ({ tab: oneOf(raw, 'tab', tabs, 'general') });

export default function SettingsPage() {
  const [{ tab }, change] = useUrlState(read);
  const { role } = useProject();
  const guarded = (content: React.ReactNode) => (mayManage(role) ? content : <Panel>{words.onlyAdmins}</Panel>);
  return (
    <>
      <PageHead title={words.title} />
      <Tabs value={tab} onChange={(next) => change({ tab: (next ?? 'general') as (typeof tabs)[number] })} keepMounted={false}>
        <Tabs.List mb="md">{tabs.map((one) => <Tabs.Tab key={one} value={one}>{names[one]}</Tabs.Tab>)}</Tabs.List>
        <Tabs.Panel value="general"><GeneralTab /></Tabs.Panel>
        <Tabs.Panel value="keys">{guarded(<KeysTab />)}</Tabs.Panel>
        <Tabs.Panel value="members">{guarded(<MembersTab />)}</Tabs.Panel>
        <Tabs.Panel value="data">{guarded(<DataTab />)}</Tabs.Panel>
        <Tabs.Panel value="audit">{guarded(<AuditTab />)}</Tabs.Panel>
      </Tabs>
    </>
  );
}
