import { Button } from '@mantine/core';
import { Link } from 'react-router';
import { EmptyState } from '../components/EmptyState';
import { text } from '../text';

export function NotFound({ detail = text.app.notFound }: { detail?: string }) {
  return (
    <EmptyState title={text.app.notFoundTitle} detail={detail}>
      <Button component={Link} to="/" variant="light">{text.app.home}</Button>
    </EmptyState>
  );
}
