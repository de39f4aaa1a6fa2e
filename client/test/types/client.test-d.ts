// The types for a front end. `tsc --noEmit` is the test.

import { createAuthClient } from "better-auth/client";
import { usernameClient } from "better-auth/client/plugins";
import { createAuthClient as createReactClient } from "better-auth/react";
import type { Session as BetterAuthSession, User as BetterAuthUser } from "better-auth/types";
import {
  type AtLimit,
  type Device,
  type DeviceSession,
  type EndedDeviceSession,
  MULTI_SESSION_ERROR_CODES,
  type Session,
  type SessionAndUser,
  multiSessionClient,
  type User,
} from "multi-session-client";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <Fact extends true>(): Fact | void => {};

const client = createAuthClient({ plugins: [multiSessionClient()] });
const react = createReactClient({ plugins: [multiSessionClient()] });
const both = createReactClient({ plugins: [usernameClient(), multiSessionClient()] });

export async function calls() {
  const { multiSession } = client;

  const list = await multiSession.listDeviceSessions();
  holds<Equal<NonNullable<typeof list.data>, DeviceSession[]>>();
  holds<Equal<NonNullable<typeof list.error>["code"], string | undefined>>();
  // @ts-expect-error: it may have been refused
  list.data.length;

  const switched = await multiSession.setActive({ sessionId: "id" });
  holds<Equal<NonNullable<typeof switched.data>, SessionAndUser>>();
  await multiSession.setActive({ sessionToken: "token" });
  await multiSession.setActive({ sessionId: "id", fetchOptions: { disableSignal: true } });
  // @ts-expect-error: a session is named
  await multiSession.setActive();
  // @ts-expect-error: a session is named
  await multiSession.setActive({});
  // @ts-expect-error: by its id or its token, not both
  await multiSession.setActive({ sessionId: "id", sessionToken: "token" });

  const revoked = await multiSession.revoke({ sessionId: "id" });
  holds<Equal<NonNullable<typeof revoked.data>["status"], true>>();
  await multiSession.revoke({ sessionToken: "token" });
  // @ts-expect-error: an id is a text
  await multiSession.revoke({ sessionId: 1 });
  // @ts-expect-error: a session is named
  await multiSession.revoke();

  await multiSession.revokeOthers();
  await multiSession.revokeAll({ fetchOptions: { onSuccess() {} } });
  // @ts-expect-error: it takes no session
  await multiSession.revokeAll({ sessionId: "id" });
  // @ts-expect-error: there is no such call
  await multiSession.revokeEverything();

  const reported = await multiSession.report({ sessionId: "id" });
  holds<Equal<NonNullable<typeof reported.data>["passwordLocked"], boolean>>();
  // @ts-expect-error: a session is named
  await multiSession.report({});

  const recognized = await multiSession.recognize({ sessionId: "id" });
  holds<Equal<NonNullable<typeof recognized.data>["status"], true>>();
  // @ts-expect-error: a session is named
  await multiSession.recognize();

  const ended = await multiSession.listEndedDeviceSessions();
  holds<Equal<NonNullable<typeof ended.data>, EndedDeviceSession[]>>();

  const fresh = await multiSession.reauthenticate({ password: "correct horse" });
  holds<Equal<NonNullable<typeof fresh.data>, SessionAndUser>>();
  // @ts-expect-error: no password
  await multiSession.reauthenticate();

  const thrown = await multiSession.revokeOthers({ fetchOptions: { throw: true } });
  holds<Equal<typeof thrown.status, true>>();
}

export async function signOut() {
  await client.signOut();
  const { data } = await client.signOut({ scope: "account" });
  holds<Equal<NonNullable<typeof data>["success"], boolean>>();
  // @ts-expect-error: there is no such scope
  await client.signOut({ scope: "everywhere" });
}

export function hook() {
  const { data, error, isPending, isRefetching, refetch } = react.useListDeviceSessions();
  holds<Equal<typeof data, DeviceSession[] | null>>();
  holds<Equal<typeof isPending, boolean>>();
  holds<Equal<typeof isRefetching, boolean>>();
  holds<Equal<NonNullable<typeof error>["status"], number>>();
  holds<Equal<ReturnType<typeof refetch>, Promise<void>>>();
  // @ts-expect-error: signals are not hooks
  react.use$DeviceSessionsSignal;

  // Without a framework it is an atom.
  const state = client.useListDeviceSessions.get();
  holds<Equal<typeof state.data, DeviceSession[] | null>>();
  return client.useListDeviceSessions.subscribe(({ data }) => data?.[0]?.lastActiveAt.toISOString());
}

export function rows(row: DeviceSession) {
  holds<Equal<typeof row.lastActiveAt, Date>>();
  holds<Equal<typeof row.createdAt, Date>>();
  holds<Equal<typeof row.expiresAt, Date>>();
  holds<Equal<typeof row.isCurrent, boolean>>();
  holds<Equal<typeof row.isHeld, boolean>>();
  holds<Equal<typeof row.device, Device>>();
  holds<Equal<typeof row.device.kind, "desktop" | "phone" | "tablet" | "tv" | "console" | "headset" | "program" | "unknown">>();
  // @ts-expect-error: there is no such field
  row.device.version;
  // The types of Better Auth's own components.
  const session: BetterAuthSession = row.session satisfies Session;
  const user: BetterAuthUser = row.user satisfies User;
  return { session, user };
}

export async function besides() {
  // The calls of Better Auth and of other plugins are unchanged.
  const { data } = await client.getSession();
  holds<Equal<NonNullable<typeof data>["user"]["email"], string>>();
  await client.signIn.email({ email: "ada@example.org", password: "correct horse" });
  // @ts-expect-error: no password
  await client.signIn.email({ email: "ada@example.org" });
  await both.signIn.username({ username: "ada", password: "correct horse" });
  await both.multiSession.revokeOthers();
  const { data: sessions } = both.useListDeviceSessions();
  holds<Equal<typeof sessions, DeviceSession[] | null>>();
}

export async function atTheLimit() {
  const { error } = await client.signIn.email({ email: "ada@example.org", password: "correct horse" });
  if (error?.code !== MULTI_SESSION_ERROR_CODES.MAXIMUM_SESSIONS_REACHED.code) return;
  const { ticket, devices } = error as typeof error & AtLimit;
  holds<Equal<typeof devices, DeviceSession[]>>();
  const { data } = await client.multiSession.signInInstead({ ticket, sessionId: devices[0]?.id ?? "" });
  holds<Equal<NonNullable<typeof data>["token"], string>>();
  // @ts-expect-error: no ticket
  await client.multiSession.signInInstead({ sessionId: "x" });
}

export const code: "MAXIMUM_SESSIONS_REACHED" = MULTI_SESSION_ERROR_CODES.MAXIMUM_SESSIONS_REACHED.code;
export const codeOfClient: "INVALID_SESSION_TOKEN" = client.$ERROR_CODES.INVALID_SESSION_TOKEN.code;
// @ts-expect-error: there is no such code
client.$ERROR_CODES.TOO_MANY_DEVICES;
