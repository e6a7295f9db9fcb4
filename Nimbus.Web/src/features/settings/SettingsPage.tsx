import { PageHead } from '../../components/PageHead';

export default function SettingsPage() {
  return <PageHead title="SettingsPage" />;
}
