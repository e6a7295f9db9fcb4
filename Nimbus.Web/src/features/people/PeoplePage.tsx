import { Route, Routes } from 'react-router';
import { PeopleList } from './PeopleList';
import { PersonProfile } from './PersonProfile';

export default function PeoplePage() {
  return (
    <Routes>
      <Route index element={<PeopleList />} />
      <Route path=":personId" element={<PersonProfile />} />
    </Routes>
  );
}
