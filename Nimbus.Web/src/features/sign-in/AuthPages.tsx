import { Alert, Anchor, Button, Divider, PasswordInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Check, TriangleAlert } from 'lucide-react';
import { type FormEvent, type ReactNode, useEffect, useState, useSyncExternalStore } from 'react';
import { Link, Navigate, Route, Routes, useNavigate, useSearchParams } from 'react-router';
import { forgetLink, linkSecret } from '../../app/links';
import { api, ask } from '../../api/client';
import { ApiProblem } from '../../api/problem';
import { accessToken, current, exchange, register, signIn, subscribe, ways } from '../../api/session';
import { Logo } from '../../components/Logo';
import { ProblemNote } from '../../components/ProblemNote';
import { text } from '../../text';
import styles from './AuthPages.module.css';

const words = text.signIn;

export default function AuthPages() {
  return (
    <Routes>
      <Route path="sign-in" element={<SignIn />} />
      <Route path="sign-up" element={<SignUp />} />
      <Route path="signed-in" element={<SignedIn />} />
      <Route path="password-reset" element={linkSecret() ? <ConfirmReset /> : <AskReset />} />
      <Route path="invitation" element={<Invitation />} />
    </Routes>
  );
}

function Frame({ title, children }: { title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · ${text.app.name}`;
  }, [title]);
  return (
    <div className={styles.frame}>
      <main className={styles.card}>
        <Logo />
        <h1>{title}</h1>
        {children}
      </main>
      <aside className={styles.aside}>
        <p className={styles.promise}>{words.promise}</p>
        <ul>{words.points.map((point) => <li key={point}><Check size={18} aria-hidden />{point}</li>)}</ul>
      </aside>
    </div>
  );
}

/** Runs what a form is for, and shows what went wrong. */
function useAttempt(work: () => Promise<void>) {
  const [problem, setProblem] = useState<Error | null>(null);
  const [busy, setBusy] = useState(false);
  const attempt = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    work().catch((failure: Error) => setProblem(failure)).finally(() => setBusy(false));
  };
  const fieldOf = (name: string) => (problem instanceof ApiProblem ? problem.field(name) : undefined);
  return { attempt, busy, problem, fieldOf };
}

/** Why the sign-in by another's page came to nothing: one of the gateway's words, none of which is shown as it stands. */
function useRefusal(): string | null {
  const [params] = useSearchParams();
  const reason = params.get('problem');
  if (reason === null) return null;
  return Object.hasOwn(words.refusals, reason) ? words.refusals[reason as keyof typeof words.refusals] : words.refusals.failed;
}

/** Where one wanted to go; an address of this page alone. */
function useTarget(): string {
  const [params] = useSearchParams();
  const target = params.get('to') ?? '/';
  return target.startsWith('/') && !target.startsWith('//') ? target : '/';
}

function useWays() {
  return useQuery({ queryKey: ['ways'], queryFn: ways, staleTime: Infinity });
}

function SignIn() {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const target = useTarget();
  const refusal = useRefusal();
  const offered = useWays();
  const { status } = useSyncExternalStore(subscribe, current);
  const { attempt, busy, problem, fieldOf } = useAttempt(() => signIn(email, password));
  useEffect(() => {
    void accessToken().catch(() => undefined);
  }, []);
  if (status === 'signed-in') return <Navigate to={target} replace />;
  return (
    <Frame title={words.title}>
      {refusal && <Alert variant="light" color="red" role="alert" mb="md" title={words.refused} icon={<TriangleAlert size={18} aria-hidden />} styles={{ title: { color: 'var(--bad)' } }}>{refusal}</Alert>}
      <form onSubmit={attempt} className={styles.form}>
        <TextInput label={words.email} type="email" autoComplete="username" required autoFocus value={email} error={fieldOf('email')} onChange={(e) => setEmail(e.currentTarget.value)} />
        <PasswordInput label={words.password} autoComplete="current-password" required value={password} error={fieldOf('password')} onChange={(e) => setPassword(e.currentTarget.value)} />
        {problem && <ProblemNote problem={problem} />}
        <Button type="submit" loading={busy}>{words.submit}</Button>
      </form>
      {offered.data?.oidc && <><Divider label={words.or} my="md" /><Button component="a" href="/v1/auth/oidc/start" variant="default" fullWidth>{words.external}</Button></>}
      <p className={styles.other}><Anchor component={Link} to="/password-reset">{words.forgotten}</Anchor></p>
      <p className={styles.other}>{words.noAccount} <Anchor component={Link} to={`/sign-up?to=${encodeURIComponent(target)}`}>{words.signUp}</Anchor></p>
    </Frame>
  );
}

function SignUp({ invitation }: { invitation?: string }) {
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const target = useTarget();
  const navigate = useNavigate();
  const offered = useWays();
  const { attempt, busy, problem, fieldOf } = useAttempt(async () => {
    await register({ email, password, ...(name ? { name } : {}), ...(invitation ? { invitation } : {}) });
    forgetLink();
    await navigate(target, { replace: true });
  });
  return (
    <Frame title={invitation ? words.invitationTitle : words.signUpTitle}>
      {invitation && <p>{words.invitationText}</p>}
      {offered.data?.registration === false && !invitation && <p>{words.closed}</p>}
      <form onSubmit={attempt} className={styles.form}>
        <TextInput label={words.name} autoComplete="name" value={name} error={fieldOf('name')} onChange={(e) => setName(e.currentTarget.value)} />
        <TextInput label={words.email} type="email" autoComplete="username" required value={email} error={fieldOf('email')} onChange={(e) => setEmail(e.currentTarget.value)} />
        <PasswordInput label={words.password} description={words.passwordHint} autoComplete="new-password" required minLength={8} value={password} error={fieldOf('password')} onChange={(e) => setPassword(e.currentTarget.value)} />
        {problem && <ProblemNote problem={problem} />}
        <Button type="submit" loading={busy}>{words.signUpSubmit}</Button>
      </form>
      <p className={styles.other}>{words.haveAccount} <Anchor component={Link} to={invitation ? '/sign-in?to=/invitation' : `/sign-in?to=${encodeURIComponent(target)}`}>{words.submit}</Anchor></p>
    </Frame>
  );
}

/** Back from the external issuer, with a code in the link that is good once. */
function SignedIn() {
  const navigate = useNavigate();
  const [problem, setProblem] = useState<Error | null>(null);
  const [missing, setMissing] = useState(false);
  useEffect(() => {
    const code = linkSecret();
    forgetLink();
    if (!code) {
      // In development effects run twice; the code is gone by then, and the first run is under way.
      const timer = setTimeout(() => setMissing(current().status !== 'signed-in'), 1500);
      return () => clearTimeout(timer);
    }
    exchange(code).then(() => navigate('/', { replace: true }), setProblem);
    return undefined;
  }, [navigate]);
  return (
    <Frame title={words.title}>
      {problem ? <ProblemNote problem={problem} /> : <p>{missing ? words.noLink : words.finishing}</p>}
      {(problem || missing) && <Anchor component={Link} to="/sign-in">{words.title}</Anchor>}
    </Frame>
  );
}

function AskReset() {
  const [email, setEmail] = useState('');
  const [sent, setSent] = useState(false);
  const { attempt, busy, problem } = useAttempt(async () => {
    await ask(api.POST('/v1/auth/password-reset', { body: { email } }));
    setSent(true);
  });
  return (
    <Frame title={words.resetTitle}>
      {sent ? <p role="status">{words.resetSent}</p> : (
        <form onSubmit={attempt} className={styles.form}>
          <p>{words.resetAsk}</p>
          <TextInput label={words.email} type="email" autoComplete="username" required value={email} onChange={(e) => setEmail(e.currentTarget.value)} />
          {problem && <ProblemNote problem={problem} />}
          <Button type="submit" loading={busy}>{words.resetSend}</Button>
        </form>
      )}
      <p className={styles.other}><Anchor component={Link} to="/sign-in">{words.title}</Anchor></p>
    </Frame>
  );
}

function ConfirmReset() {
  const [token] = useState(linkSecret);
  const [password, setPassword] = useState('');
  const [done, setDone] = useState(false);
  const { attempt, busy, problem, fieldOf } = useAttempt(async () => {
    await ask(api.POST('/v1/auth/password-reset/confirm', { body: { token, password } }));
    forgetLink();
    setDone(true);
  });
  return (
    <Frame title={words.resetTitle}>
      {done ? <p role="status">{words.resetDone}</p> : (
        <form onSubmit={attempt} className={styles.form}>
          <PasswordInput label={words.newPassword} description={words.passwordHint} autoComplete="new-password" required minLength={8} value={password} error={fieldOf('password')} onChange={(e) => setPassword(e.currentTarget.value)} />
          {problem && <ProblemNote problem={problem} />}
          <Button type="submit" loading={busy}>{words.resetConfirm}</Button>
        </form>
      )}
      <p className={styles.other}><Anchor component={Link} to="/sign-in">{words.title}</Anchor></p>
    </Frame>
  );
}

function Invitation() {
  const [token] = useState(linkSecret);
  const navigate = useNavigate();
  const { status } = useSyncExternalStore(subscribe, current);
  const { attempt, busy, problem } = useAttempt(async () => {
    const joined = await ask(api.POST('/v1/invitations/accept', { body: { token: token ?? '' } }));
    forgetLink();
    await navigate(`/p/${joined.project_id}`, { replace: true });
  });
  useEffect(() => {
    void accessToken().catch(() => undefined);
  }, []);
  if (!token) return <Frame title={words.invitationTitle}><p>{words.noLink}</p></Frame>;
  if (status === 'starting') return <Frame title={words.invitationTitle}><p>{text.app.loading}</p></Frame>;
  if (status === 'signed-out') return <SignUp invitation={token} />;
  return (
    <Frame title={words.invitationTitle}>
      <form onSubmit={attempt} className={styles.form}>
        {problem && <ProblemNote problem={problem} />}
        <Button type="submit" loading={busy}>{words.invitationAccept}</Button>
      </form>
    </Frame>
  );
}
