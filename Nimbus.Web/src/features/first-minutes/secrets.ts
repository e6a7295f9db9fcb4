/** Secrets of projects made in this page, for as long as it is open. The server shows each only once. */
const secrets = new Map<string, string>();

export function keepSecret(projectId: string, secret: string): void {
  secrets.set(projectId, secret);
}

export function secretOf(projectId: string): string | null {
  return secrets.get(projectId) ?? null;
}
