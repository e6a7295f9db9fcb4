import { PageHead } from '../../components/PageHead';

export default function LivePage() {
  return <PageHead title="LivePage" />;
}
