import { Route, Routes } from 'react-router';
import { DashboardList } from './DashboardList';
import { DashboardView } from './DashboardView';

export default function DashboardsPage() {
  return (
    <Routes>
      <Route index element={<DashboardList />} />
      <Route path=":dashboardId" element={<DashboardView />} />
    </Routes>
  );
}
