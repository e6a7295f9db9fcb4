import { PageHead } from '../../components/PageHead';

export default function NewProjectPage() {
  return <PageHead title="NewProjectPage" />;
}
