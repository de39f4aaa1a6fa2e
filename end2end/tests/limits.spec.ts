import { expect, person, test } from "../fixtures/test";
import { EntryPage } from "../pages/entry";
import { SessionsPage } from "../pages/sessions";

test("at the maximum the oldest device gives way", async ({ device, startServer }) => {
  const { origin } = await startServer({ MULTI_SESSION_MAXIMUM_SESSIONS: "2" });
  const ada = person("Ada Lovelace");
  const oldest = await device("Firefox 145 on macOS", {}, origin);
  await oldest.signUp(ada);
  const middle = await device("Safari 26 on iOS", {}, origin);
  await middle.signIn(ada);
  const newest = await device("Chrome 142 on Windows", {}, origin);
  await (await new EntryPage(newest).openSignIn()).signIn(ada);
  const sessions = new SessionsPage(newest);
  // It signed in on our page, so it was asked for its client hints.
  await expect(sessions.labels).toHaveText(["Chrome 142 on Windows 10", "Safari 26 on iOS"]);
  expect(await oldest.whoAmI()).toBeUndefined();
  expect(await middle.whoAmI()).toBe("Ada Lovelace");
});

test("where none gives way the sign-in is refused with a reason", async ({ device, startServer }) => {
  const { origin } = await startServer({
    MULTI_SESSION_MAXIMUM_SESSIONS: "1",
    MULTI_SESSION_REVOKE_OLDEST_ON_MAX: "false",
  });
  const ada = person("Ada Lovelace");
  const first = await device("Firefox 145 on macOS", {}, origin);
  await first.signUp(ada);
  const second = await device("Safari 26 on iOS", {}, origin);
  const entry = await new EntryPage(second).openSignIn();
  second.expects(/403 POST \/fn\/sign-in/);
  await entry.signIn(ada);
  await expect(entry.alert).toContainText("as many devices as allowed");
  expect(await first.whoAmI()).toBe("Ada Lovelace");
});

test("a session that nobody used is over, although its cookies are there", async ({ device, startServer }) => {
  const { origin } = await startServer({ MULTI_SESSION_SESSION_TIMEOUT: "2s" });
  const laptop = await device("Firefox 145 on macOS", {}, origin);
  await laptop.signUp(person("Ada Lovelace"));
  const answer = await laptop.context.request.get(`${origin}/api/auth/get-session`);
  const { expiresAt } = (await answer.json()).session;
  // Nothing happens at that moment that could be awaited, and asking would extend the session.
  await laptop.page.waitForTimeout(Date.parse(expiresAt) - Date.now() + 100);
  const names = (await laptop.context.cookies()).map(({ name }) => name);
  expect(names.some((name) => name.endsWith(".session_token"))).toBe(true);
  expect(await laptop.whoAmI()).toBeUndefined();
  await laptop.open("/sessions");
  await expect(laptop.page).toHaveURL(/\/sign-in/);
});

test("a session that has lasted as long as it may is over, and its cookies are gone", async ({ device, startServer }) => {
  const { origin } = await startServer({ MULTI_SESSION_ABSOLUTE_TIMEOUT: "4s" });
  const laptop = await device("Firefox 145 on macOS", {}, origin);
  await laptop.signUp(person("Ada Lovelace"));
  const ofSessions = async () =>
    (await laptop.context.cookies()).filter(({ name }) => name.includes(".session_token")).length;
  await expect.poll(ofSessions, { timeout: 8_000 }).toBe(0);
  await laptop.open("/sessions");
  await expect(laptop.page).toHaveURL(/\/sign-in/);
});

test("too many tries are told in words", async ({ device, startServer }) => {
  const { origin } = await startServer({ MULTI_SESSION_RATE_LIMIT: "on" });
  const laptop = await device("Firefox 145 on macOS", {}, origin);
  const entry = await new EntryPage(laptop).openSignIn();
  laptop.expects(/401 POST \/fn\/sign-in/);
  laptop.expects(/429 POST \/fn\/sign-in/);
  for (let tries = 0; tries < 4; tries += 1) {
    await entry.signIn(person("Nobody"), "a wrong password");
    await expect(entry.alert).not.toBeEmpty();
    await expect(laptop.page.locator("form [aria-busy=true]")).toHaveCount(0);
  }
  await expect(entry.alert).toContainText(/too many/i);
});
