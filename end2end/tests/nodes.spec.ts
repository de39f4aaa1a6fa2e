import { isAccessible } from "../fixtures/accessible";
import { on, test } from "../fixtures/cluster";
import { Load } from "../fixtures/load";
import { expect, person } from "../fixtures/test";
import { EntryPage } from "../pages/entry";
import { HistoryPage } from "../pages/history";
import { SessionsPage } from "../pages/sessions";

test("what happens on one node is seen on the others", async ({ cluster, device }) => {
  const ada = person("Ada Lovelace");
  const laptop = await device("Firefox on macOS", on("one"), cluster.origin);
  await laptop.signUp(ada);
  const sessions = await new SessionsPage(laptop).open();
  await laptop.isLive();
  const phone = await device("Safari on iPhone", on("two"), cluster.origin);
  await phone.signIn(ada);
  await expect(sessions.labels).toHaveText(["Firefox on macOS", "Safari on iPhone"]);
  await new SessionsPage(phone).open();
  await phone.isLive();

  const answered = laptop.page.waitForResponse(/revoke/);
  await sessions.revoke("Safari on iPhone").click();
  expect((await answered).ok()).toBe(true);
  // This needs no notification: no node accepts the session.
  for (const node of ["one", "two", "three"] as const) {
    expect(await phone.whoAmI(on(node).extraHTTPHeaders)).toBeUndefined();
  }
  await expect(phone.page).toHaveURL(/\/sign-in/, { timeout: 1_000 });
  await expect(new EntryPage(phone).alert).toContainText("by your other device (Firefox on macOS)");
});

test("browsers of a killed node reconnect to another and are up to date", async ({ cluster, device }) => {
  const ada = person("Ada Lovelace");
  const laptop = await device("Firefox on macOS", on("one"), cluster.origin);
  await laptop.signUp(ada);
  const phone = await device("Safari on iPhone", on("two"), cluster.origin);
  await phone.signIn(ada);
  const sessions = await new SessionsPage(laptop).open();
  await expect(sessions.rows).toHaveCount(2);
  await laptop.isLive();
  laptop.tolerates(/failed GET/);

  await cluster.nodes.one.kill();
  await phone.post("multi-session/revoke", { sessionId: await phone.sessionId() });
  const desktop = await device("Chrome on Windows", on("one"), cluster.origin);
  await desktop.signIn(ada);
  await expect(sessions.labels).toHaveText(["Firefox on macOS", "Chrome on Windows"], { timeout: 15_000 });
  await desktop.post("multi-session/revoke-others", {});
  await expect(new EntryPage(laptop).alert).toContainText("by your other device (Chrome on Windows)");

  await cluster.nodes.one.startAgain();
  await expect.poll(async () => (await desktop.context.request.get(cluster.nodes.one.origin + "/readyz")).status()).toBe(200);
  expect(await desktop.whoAmI()).toBe("Ada Lovelace");
});

test("a database crash under load signs nobody out and loses no answered change", async ({ cluster, device }) => {
  test.setTimeout(90_000);
  const ada = person("Ada Lovelace");
  const laptop = await device("Firefox on macOS", on("one"), cluster.origin);
  await laptop.signUp(ada);
  const phone = await device("Safari on iPhone", on("two"), cluster.origin);
  await phone.signIn(ada);
  const sessions = await new SessionsPage(laptop).open();
  await laptop.isLive();

  const load = new Load(cluster.origin, 8);
  await load.until(() => load.answered > 50);
  await cluster.databaseCrashes();
  const before = load.refused;
  await load.until(() => load.refused > before + 50);
  phone.expects(/503 GET \/sessions/);
  expect((await phone.page.goto(`${cluster.origin}/sessions`))?.status()).toBe(503);
  await expect(phone.page.getByRole("heading", { level: 1 })).toBeVisible();
  phone.expects(/503 GET \/history/);
  expect((await phone.page.goto(`${cluster.origin}/history?show=sign-ins`))?.status()).toBe(503);
  await expect(new HistoryPage(phone).heading).toHaveText("We can't load your data right now");
  await isAccessible(phone, "a page that could not be loaded");
  // A person who only reads is not interrupted.
  await expect(sessions.labels).toHaveText(["Firefox on macOS", "Safari on iPhone"]);

  await cluster.database.startAgain();
  const after = load.answered;
  await load.until(() => load.answered > after + 50);
  await load.stop();
  const again = phone.page.getByRole("link", { name: "Try again" });
  await expect(async () => {
    // Its node may be the last one to reconnect to the database.
    if (await again.isVisible()) await again.click();
    await expect(new HistoryPage(phone).heading).toHaveText("Activity", { timeout: 1_000 });
  }).toPass({ timeout: 15_000 });
  await expect(phone.page).toHaveURL(`${cluster.origin}/history?show=sign-ins`);
  await new SessionsPage(phone).open();
  await phone.isLive();
  const desktop = await device("Chrome on Windows", on("three"), cluster.origin);
  await desktop.signIn(ada);
  await expect(sessions.labels).toHaveText(["Firefox on macOS", "Chrome on Windows", "Safari on iPhone"]);
  await desktop.post("multi-session/revoke", { sessionId: await phone.sessionId() });
  await expect(phone.page).toHaveURL(/\/sign-in/);
  expect(await laptop.whoAmI()).toBe("Ada Lovelace");
});
