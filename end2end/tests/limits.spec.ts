import { isAccessible } from "../fixtures/accessible";
import { expect, person, test } from "../fixtures/test";
import { ChooseDevicePage } from "../pages/choose-device";
import { EntryPage } from "../pages/entry";
import { SessionsPage } from "../pages/sessions";
import { Switcher } from "../pages/switcher";

test("at the maximum the oldest device is evicted", async ({ device, startServer }) => {
  const { origin } = await startServer({ MULTI_SESSION_MAXIMUM_SESSIONS: "2" });
  const ada = person("Ada Lovelace");
  const oldest = await device("Firefox on macOS", {}, origin);
  await oldest.signUp(ada);
  const middle = await device("Safari on iPhone", {}, origin);
  await middle.signIn(ada);
  const newest = await device("Chrome on Windows", {}, origin);
  await (await new EntryPage(newest).openSignIn()).signIn(ada);
  const sessions = new SessionsPage(newest);
  // It signed in on our page, which asks for client hints.
  await expect(sessions.labels).toHaveText(["Chrome on Windows 10", "Safari on iPhone"]);
  expect(await oldest.whoAmI()).toBeUndefined();
  expect(await middle.whoAmI()).toBe("Ada Lovelace");
});

const limited = { MULTI_SESSION_MAXIMUM_SESSIONS: "2", MULTI_SESSION_REVOKE_OLDEST_ON_MAX: "false" };

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";

  test(`${how} JavaScript a person chooses a device to sign out at the limit`, async ({ device, startServer }) => {
    const { origin } = await startServer(limited);
    const ada = person("Ada Lovelace");
    const laptop = await device("Firefox on macOS", {}, origin);
    await laptop.signUp(ada);
    const phone = await device("Safari on iPhone", {}, origin);
    await phone.signIn(ada);
    const desktop = await device("Chrome on Windows", { javaScriptEnabled }, origin);
    const entry = await new EntryPage(desktop).openSignIn();
    if (javaScriptEnabled) desktop.expects(/403 POST \/fn\/sign-in/);
    await entry.signIn(ada);
    const choice = new ChooseDevicePage(desktop);
    await expect(choice.heading).toBeVisible();
    await expect(desktop.page.getByText("You've reached the limit of 2 devices. Sign out of one to continue.")).toBeVisible();
    await expect(choice.labels).toHaveText([/Firefox/, /Safari/]);
    // No address contains the ticket, and a reload shows the choice again.
    expect(new URL(desktop.page.url()).search).toBe("");
    await desktop.page.reload();
    await expect(choice.heading).toBeVisible();
    if (javaScriptEnabled) await isAccessible(desktop, "the choice of a device");
    for (const label of await choice.labels.allTextContents()) {
      const box = await choice.signOut(label).boundingBox();
      expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(44);
    }

    // After cancelling the person starts again.
    await choice.cancel.click();
    await expect(entry.email).toBeVisible();
    await desktop.open("/choose-device");
    await expect(desktop.page.getByText("This sign-in took too long. No device was signed out.")).toBeVisible();
    await choice.signInAgain.click();
    await entry.signIn(ada);
    await expect(choice.heading).toBeVisible();
    const [, chosen] = await choice.labels.allTextContents();
    await choice.signOut(chosen!).click();
    const sessions = new SessionsPage(desktop);
    await expect(sessions.heading).toBeVisible();
    await expect(sessions.labels).toHaveText([/Chrome/, /Firefox/]);
    expect(await laptop.whoAmI()).toBe("Ada Lovelace");
    expect(await phone.whoAmI()).toBeUndefined();
  });
}

test("a chosen device that was signed out meanwhile is reported and another can be chosen", async ({ device, startServer }) => {
  const { origin } = await startServer(limited);
  const ada = person("Ada Lovelace");
  const laptop = await device("Firefox on macOS", {}, origin);
  await laptop.signUp(ada);
  const phone = await device("Safari on iPhone", {}, origin);
  await phone.signIn(ada);
  const desktop = await device("Chrome on Windows", {}, origin);
  desktop.expects(/403 POST \/fn\/sign-in/);
  await (await new EntryPage(desktop).openSignIn()).signIn(ada);
  const choice = new ChooseDevicePage(desktop);
  await expect(choice.labels).toHaveCount(2);
  const [first, second] = await choice.labels.allTextContents();
  await phone.post("sign-out", {});
  await (await device("Edge on Windows", {}, origin)).signIn(ada);
  await choice.signOut(second!).click();
  await expect(choice.alert).toContainText("That device was already signed out. Choose another one.");
  await expect(choice.labels).toHaveText([/Firefox/, /Edge/]);
  await isAccessible(desktop, "the choice after a refusal");
  await choice.signOut(first!).click();
  await expect(new SessionsPage(desktop).heading).toBeVisible();
  expect(await laptop.whoAmI()).toBeUndefined();
});

test("adding an account at its limit of devices keeps the other account", async ({ device, startServer }) => {
  const { origin } = await startServer(limited);
  const [ada, grace] = [person("Ada Lovelace"), person("Grace Hopper")];
  const laptop = await device("Firefox on macOS", {}, origin);
  await laptop.signUp(ada);
  await (await device("Safari on iPhone", {}, origin)).signIn(ada);
  const desktop = await device("Chrome on Windows", {}, origin);
  await desktop.signUp(grace);
  desktop.expects(/403 POST \/fn\/sign-in/);
  const entry = await new EntryPage(desktop).openSignIn("?add=1");
  await entry.signIn(ada);
  const choice = new ChooseDevicePage(desktop);
  await expect(choice.cancel).toHaveAttribute("href", "/sign-in?add=1");
  const [first] = await choice.labels.allTextContents();
  await choice.signOut(first!).click();
  await expect(new SessionsPage(desktop).heading).toBeVisible();
  expect(await desktop.whoAmI()).toBe("Ada Lovelace");
  await expect((await new Switcher(desktop).open()).switchTo("Grace Hopper")).toBeVisible();
  expect(await laptop.whoAmI()).toBeUndefined();
});

test("an idle session expires although its cookies remain", async ({ device, startServer }) => {
  const { origin } = await startServer({ MULTI_SESSION_SESSION_TIMEOUT: "2s" });
  const laptop = await device("Firefox on macOS", {}, origin);
  await laptop.signUp(person("Ada Lovelace"));
  const answer = await laptop.context.request.get(`${origin}/api/auth/get-session`);
  const { expiresAt } = (await answer.json()).session;
  // There is no event to await, and a request would extend the session.
  await laptop.page.waitForTimeout(Date.parse(expiresAt) - Date.now() + 100);
  const names = (await laptop.context.cookies()).map(({ name }) => name);
  expect(names.some((name) => name.endsWith(".session_token"))).toBe(true);
  expect(await laptop.whoAmI()).toBeUndefined();
  await laptop.open("/sessions");
  await expect(laptop.page).toHaveURL(/\/sign-in/);
});

test("a session ends at its absolute timeout with its cookies", async ({ device, startServer }) => {
  const { origin } = await startServer({ MULTI_SESSION_ABSOLUTE_TIMEOUT: "4s" });
  const laptop = await device("Firefox on macOS", {}, origin);
  await laptop.signUp(person("Ada Lovelace"));
  const ofSessions = async () =>
    (await laptop.context.cookies()).filter(({ name }) => name.includes(".session_token")).length;
  await expect.poll(ofSessions, { timeout: 8_000 }).toBe(0);
  await laptop.open("/sessions");
  await expect(laptop.page).toHaveURL(/\/sign-in/);
});

test("too many attempts are reported", async ({ device, startServer }) => {
  const { origin } = await startServer({ MULTI_SESSION_RATE_LIMIT: "on" });
  const laptop = await device("Firefox on macOS", {}, origin);
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
