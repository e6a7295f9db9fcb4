import { PageHead } from '../../components/PageHead';

export default function AccountPage() {
  return <PageHead title="AccountPage" />;
}
