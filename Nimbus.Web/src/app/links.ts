/** Links in mails and from the external issuer: their secret stands in the fragment, so that no server's log has it. */
const pages: Record<string, string> = {
  'signed-in': '/app/signed-in',
  'password-reset': '/app/password-reset',
  invitation: '/app/invitation',
};

let secret: string | null = null;

/** Takes the secret out of the address, where it would stay in the history, and goes to its page. */
export function openLink(): void {
  const [page, found] = window.location.hash.replace(/^#\//, '').split('/');
  const target = pages[page ?? ''];
  if (!window.location.hash.startsWith('#/') || !target || !found) return;
  secret = decodeURIComponent(found);
  window.history.replaceState(null, '', target);
}

/** What the link brought; null when the page was opened without one. */
export function linkSecret(): string | null {
  return secret;
}

export function forgetLink(): void {
  secret = null;
}
