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
  await expect(sessions.labels).toHaveText(["Chrome 142 on Windows", "Safari 26 on iOS"]);
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

test("a session that nobody used is over", async ({ device, startServer }) => {
  const { origin } = await startServer({ MULTI_SESSION_SESSION_TIMEOUT: "2s" });
  const laptop = await device("Firefox 145 on macOS", {}, origin);
  await laptop.signUp(person("Ada Lovelace"));
  const cookies = await laptop.context.cookies();
  await expect
    .poll(async () => (await laptop.context.cookies()).length, { timeout: 6_000 })
    .toBeLessThan(cookies.length);
  await laptop.open("/sessions");
  await expect(laptop.page).toHaveURL(/\/sign-in/);
});

test("a browser that keeps the cookie of a session that is over is out, too", async ({ device, startServer }) => {
  const { origin } = await startServer({ MULTI_SESSION_SESSION_TIMEOUT: "2s" });
  const laptop = await device("Firefox 145 on macOS", {}, origin);
  await laptop.signUp(person("Ada Lovelace"));
  const cookies = await laptop.context.cookies();
  const answer = await laptop.context.request.get(`${origin}/api/auth/get-session`);
  const { expiresAt } = (await answer.json()).session;
  // Nothing happens at that moment that could be awaited, and asking would extend the session.
  await laptop.page.waitForTimeout(Date.parse(expiresAt) - Date.now() + 100);
  await laptop.context.addCookies(cookies.map((cookie) => ({ ...cookie, expires: -1 })));
  expect(await laptop.whoAmI()).toBeUndefined();
  await laptop.context.addCookies(cookies.map((cookie) => ({ ...cookie, expires: -1 })));
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
