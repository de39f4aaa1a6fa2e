import { useState } from "react";

type Answer = { error: { message?: string | undefined } | null };

/** Runs one action at a time, and has the result of the last one. */
export function useAct() {
  const [isRunning, setIsRunning] = useState(false);
  const [failure, setFailure] = useState<string>();
  const [success, setSuccess] = useState<string>();

  /** Resolves to whether it succeeded. */
  async function act(call: () => Promise<Answer>, done = ""): Promise<boolean> {
    if (isRunning) return false;
    setIsRunning(true);
    setFailure(undefined);
    setSuccess(undefined);
    const { error } = await call().catch(() => ({ error: { message: "The server does not answer." } }));
    setIsRunning(false);
    if (error) setFailure(error.message ?? "That did not work.");
    else setSuccess(done);
    return !error;
  }

  return { act, isRunning, failure, success };
}
