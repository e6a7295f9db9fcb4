import { text } from '../text';

/** What went wrong with a call, as its problem document says, and the id under which the logs have more. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly requestId: string | null,
    /** What is wrong with a field, by its name. */
    readonly errors: Record<string, string[]> = {},
    /** Seconds to wait before asking again. */
    readonly retryAfter: number | null = null,
  ) {
    super(detail);
    this.name = 'ApiProblem';
  }

  /** What is wrong with a field, as one line. */
  field(name: string): string | undefined {
    return this.errors[name]?.join(', ');
  }
}

interface ProblemDocument {
  code?: unknown;
  detail?: unknown;
  title?: unknown;
  trace_id?: unknown;
  errors?: unknown;
}

export function problemOf(response: Response, body: unknown): ApiProblem {
  const document = (typeof body === 'object' && body !== null ? body : {}) as ProblemDocument;
  const retryAfter = Number(response.headers.get('Retry-After'));
  return new ApiProblem(
    response.status,
    textOf(document.code) ?? `http_${response.status}`,
    textOf(document.detail) ?? textOf(document.title) ?? text.problem.bare(response.status),
    response.headers.get('X-Request-Id') ?? textOf(document.trace_id) ?? null,
    errorsOf(document.errors),
    Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : null);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.length > 0 ? value : undefined;
}

function errorsOf(value: unknown): Record<string, string[]> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([field, faults]) => [field, Array.isArray(faults) ? faults.map(String) : [String(faults)]]));
}

export function unreachable(): ApiProblem {
  return new ApiProblem(0, 'unreachable', text.problem.unreachable, null);
}
