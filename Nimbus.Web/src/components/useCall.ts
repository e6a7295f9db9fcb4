import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ApiProblem } from '../api/problem';

/** A call that changes something: afterwards the queries under these keys are asked anew. */
export function useCall<In, Out>(call: (input: In) => Promise<Out>, changes: readonly (readonly unknown[])[], done?: (answer: Out, input: In) => void) {
  const queries = useQueryClient();
  const mutation = useMutation({
    mutationFn: call,
    onSuccess: async (answer, input) => {
      done?.(answer, input);
      await Promise.all(changes.map((queryKey) => queries.invalidateQueries({ queryKey })));
    },
  });
  const fault = (field: string) => (mutation.error instanceof ApiProblem ? mutation.error.field(field) : undefined);
  return { run: mutation.mutate, busy: mutation.isPending, problem: mutation.error, fault, answer: mutation.data, reset: mutation.reset };
}
