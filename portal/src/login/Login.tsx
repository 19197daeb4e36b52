// Sign in. Stands in for every page while nobody is signed in; the address bar keeps the page that was asked for.
import { Button, PasswordInput, TextInput } from "@carbon/react";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { ApiError, call } from "../api/client";
import type { Me } from "../api/types";
import { failureText } from "../parts/Failure";
import "../styles/form.scss";

interface LoginProps {
  note: string | null;
  onSignedIn: (me: Me) => void;
}

export default function Login({ note, onSignedIn }: LoginProps) {
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = "Sign in · Sluice";
    field.current?.focus();
  }, []);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!login.trim() || !password) {
      setError("Write your login and your password.");
      return;
    }
    setBusy(true);
    setError(null);
    try {
      const { data } = await call("post", "/session", { body: { login: login.trim(), password } });
      onSignedIn(data.me);
    } catch (failed) {
      setBusy(false);
      setError(
        failed instanceof ApiError && failed.status === 401
          ? "This login and password do not belong together. Check both, also the caps-lock key; your provider can set a new password."
          : failureText(failed),
      );
      field.current?.focus();
    }
  };

  return (
    <main className="login">
      <div className="login__picture" aria-hidden="true">
        <svg viewBox="0 0 400 400" preserveAspectRatio="xMidYMid slice">
          {Array.from({ length: 15 }, (_, i) => {
            const y = 40 + i * 23;
            const open = i % 5 === 2;
            return <path key={i} d={open ? `M-20 ${y}H420` : `M-20 ${y}H${196 - (i % 3) * 3}`} className={open ? "flow flow--open" : "flow"} />;
          })}
          {[0, 1, 2, 3].map((i) => {
            const from = [28, 98, 213, 328][i];
            const to = [74, 189, 304, 374][i];
            return <path key={i} d={`M205 ${from}V${to}`} className="gate" />;
          })}
        </svg>
      </div>
      <form className="login__form" onSubmit={(event) => void submit(event)} noValidate>
        <p className="login__brand">
          <img src="/icon.svg" alt="" width="28" height="28" /> Sluice
        </p>
        <h1>Sign in</h1>
        <p className="quiet">See whether you are under attack, what is done about it, and decide what may be done.</p>
        {note && (
          <p className="login__note" role="status">
            {note}
          </p>
        )}
        <TextInput
          id="login"
          ref={field}
          labelText="Login"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          value={login}
          onChange={(event) => setLogin(event.target.value)}
          aria-describedby={error ? "login-error" : undefined}
        />
        <PasswordInput
          id="password"
          labelText="Password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          showPasswordLabel="Show the password"
          hidePasswordLabel="Hide the password"
        />
        {error && (
          <p id="login-error" className="login__error" role="alert">
            {error}
          </p>
        )}
        <Button type="submit" disabled={busy}>
          {busy ? "Signing in…" : "Sign in"}
        </Button>
      </form>
    </main>
  );
}
