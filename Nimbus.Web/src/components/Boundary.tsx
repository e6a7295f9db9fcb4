import { Component, type ReactNode } from 'react';
import { text } from '../text';
import { ProblemNote } from './ProblemNote';

/** Keeps a page that fails from taking the frame with it. */
export class Boundary extends Component<{ children: ReactNode }, { failure: Error | null }> {
  override state: { failure: Error | null } = { failure: null };

  static getDerivedStateFromError(failure: Error) {
    return { failure };
  }

  override render() {
    return this.state.failure
      ? <ProblemNote problem={new Error(text.problem.unknown)} retry={() => window.location.reload()} />
      : this.props.children;
  }
}
