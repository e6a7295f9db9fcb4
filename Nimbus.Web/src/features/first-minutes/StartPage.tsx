import { PageHead } from '../../components/PageHead';

export default function StartPage() {
  return <PageHead title="StartPage" />;
}
