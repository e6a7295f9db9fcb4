import { PageHead } from '../../components/PageHead';

export default function EventsPage() {
  return <PageHead title="EventsPage" />;
}
