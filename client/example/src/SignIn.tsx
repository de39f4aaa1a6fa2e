import { type FormEvent, useId, useState } from "react";

import { authClient } from "./auth-client.js";
import { useAct } from "./use-act.js";

/** Signs in or creates an account. It becomes the active one, and other accounts of this browser stay held. */
export function SignIn() {
  const [isNew, setIsNew] = useState(false);
  const { act, isRunning, failure } = useAct();

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const read = (name: string) => String(form.get(name) ?? "");
    const who = { email: read("email"), password: read("password") };
    return act(() => (isNew ? authClient.signUp.email({ ...who, name: read("name") }) : authClient.signIn.email(who)));
  }

  return (
    <form onSubmit={submit}>
      {isNew && <Field label="Name" name="name" autoComplete="name" />}
      <Field label="Email" name="email" type="email" autoComplete="username" />
      <Field
        label="Password"
        name="password"
        type="password"
        autoComplete={isNew ? "new-password" : "current-password"}
      />
      {failure && <p role="alert">{failure}</p>}
      <p className="acts">
        <button className="primary" aria-disabled={isRunning}>
          {isNew ? "Create account" : "Sign in"}
        </button>
        <button type="button" className="link" onClick={() => setIsNew(!isNew)}>
          {isNew ? "I have an account" : "I am new here"}
        </button>
      </p>
    </form>
  );
}

function Field({ label, ...input }: { label: string; name: string; type?: string; autoComplete: string }) {
  const id = useId();
  return (
    <p className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} required {...input} />
    </p>
  );
}
