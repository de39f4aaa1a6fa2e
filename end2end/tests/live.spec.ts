import { Cable } from "../fixtures/cable";
import { expect, person, signedIn, test } from "../fixtures/test";
import { ChangePasswordPage } from "../pages/change-password";
import { EntryPage } from "../pages/entry";
import { SessionsPage } from "../pages/sessions";
import { Switcher } from "../pages/switcher";

test("a new sign-in appears and a revoked row disappears without a reload", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop] = await signedIn(device, ada, ["Firefox on macOS"]);
  const sessions = await new SessionsPage(laptop).open();
  await laptop.isLive();
  const phone = await device("Safari on iPhone");
  await phone.signIn(ada);
  await expect(sessions.labels).toHaveText(["Firefox on macOS", "Safari on iPhone"]);
  await expect(sessions.toast).toContainText("New sign-in: Safari on iPhone, 127.0.0.1.");
  const desktop = await device("Chrome on Windows");
  await desktop.signIn(ada);
  await expect(sessions.rows).toHaveCount(3);
  await desktop.post("multi-session/revoke", { sessionId: await phone.sessionId() });
  await expect(sessions.labels).toHaveText(["Firefox on macOS", "Chrome on Windows"]);
  await expect(sessions.toast).toContainText("Safari on iPhone was signed out.");
});

for (const [where, path] of [
  ["the list", "/sessions"],
  ["another page", "/change-password"],
] as const) {
  test(`a revoked device leaves within a second, on ${where}`, async ({ device }) => {
    const ada = person("Ada Lovelace");
    const [laptop, phone] = await signedIn(device, ada, ["Firefox on macOS", "Safari on iPhone"]);
    const sessions = await new SessionsPage(laptop).open();
    await phone.open(path);
    await phone.isLive();
    await sessions.revoke("Safari on iPhone").click();
    await expect(sessions.rows).toHaveCount(1);
    await expect(phone.page).toHaveURL(/\/sign-in/, { timeout: 1_000 });
    await expect(new EntryPage(phone).alert).toHaveText(
      /^You were signed out by your other device \(Firefox on macOS\) (just now|\d seconds? ago)\./,
    );
    await expect(new EntryPage(phone).email).toBeVisible();
  });
}

test("an evicted device shows which sign-in evicted it", async ({ device, startServer }) => {
  const small = await startServer({ MULTI_SESSION_MAXIMUM_SESSIONS: "1" });
  const ada = person("Ada Lovelace");
  const laptop = await device("Firefox on macOS", {}, small.origin);
  await laptop.signUp(ada);
  await new SessionsPage(laptop).open();
  await laptop.isLive();
  const desktop = await device("Chrome on Windows", {}, small.origin);
  await desktop.signIn(ada);
  await expect(new EntryPage(laptop).alert).toContainText("you reached the limit of devices and signed in on Chrome on Windows");
});

test("a browser with another account switches to it and says so", async ({ device }) => {
  const [grace, ada] = [person("Grace Hopper"), person("Ada Lovelace")];
  const shared = await device("Firefox on macOS");
  await shared.signUp(grace);
  await shared.signUp(ada);
  const phone = await device("Safari on iPhone");
  await phone.signIn(ada);
  await new SessionsPage(shared).open();
  await shared.isLive();
  await phone.post("multi-session/revoke-others", {});
  const switcher = new Switcher(shared);
  await expect(switcher.summary).toContainText("Grace Hopper");
  await expect(shared.page.getByRole("alert")).toContainText("You are now using Grace Hopper.");
  expect(await shared.whoAmI()).toBe("Grace Hopper");
});

test("another tab of the same browser follows a switch, a sign-out and a password change", async ({ device }) => {
  const [grace, ada] = [person("Grace Hopper"), person("Ada Lovelace")];
  const laptop = await device("Firefox on macOS");
  await laptop.signUp(grace);
  await laptop.signUp(ada);
  await new SessionsPage(laptop).open();
  const tab = await laptop.anotherTab();
  const elsewhere = new SessionsPage(tab);
  await elsewhere.open();
  await tab.isLive();
  await laptop.isLive();

  await (await new Switcher(laptop).open()).switchTo("Grace Hopper").click();
  await expect(new Switcher(tab).summary).toContainText("Grace Hopper");
  await expect(elsewhere.otherAccounts).toContainText(ada.email);
  await tab.isLive();

  await new ChangePasswordPage(laptop).open();
  await new ChangePasswordPage(laptop).change(grace.password, "another password");
  await expect(new SessionsPage(laptop).toast).toContainText("Your password was changed");
  await expect(elsewhere.heading).toBeVisible();
  await expect(new Switcher(tab).summary).toContainText("Grace Hopper");
  await tab.isHydrated();
  await tab.isLive();

  const departures: string[] = [];
  tab.page.on("request", (request) => {
    if (new URL(request.url()).searchParams.has("ended") && !request.redirectedFrom()) departures.push(request.url());
  });
  await (await new Switcher(laptop).open()).signOut.click();
  await expect(new EntryPage(laptop).email).toBeVisible();
  await expect(new EntryPage(tab).email).toBeVisible();
  await expect(new EntryPage(tab).alert).toHaveText("You signed out in this browser.");
  // Its stream and the other tab both send the event.
  expect(departures).toHaveLength(1);
});

test("after an outage of the server the list is up to date again", async ({ device, startServer }) => {
  const server = await startServer({});
  const ada = person("Ada Lovelace");
  const laptop = await device("Firefox on macOS", {}, server.origin);
  await laptop.signUp(ada);
  const sessions = await new SessionsPage(laptop).open();
  await laptop.isLive();
  laptop.tolerates(/failed GET/);
  await server.restart();
  const phone = await device("Safari on iPhone", {}, server.origin);
  await phone.signIn(ada);
  await expect(sessions.labels).toHaveText(["Firefox on macOS", "Safari on iPhone"], { timeout: 15_000 });
});

test("a device that was revoked while offline leaves when it is back", async ({ device, startServer }) => {
  const cable = await Cable.lay();
  const server = await startServer({ MULTI_SESSION_BASE_URL: cable.origin });
  cable.plug(server.origin);
  const ada = person("Ada Lovelace");
  const laptop = await device("Firefox on macOS", {}, cable.origin);
  await laptop.signUp(ada);
  const phone = await device("Safari on iPhone", {}, cable.origin);
  await phone.signIn(ada);
  const sessions = await new SessionsPage(phone).open();
  await phone.isLive();
  phone.expects(/failed GET/);
  cable.unplug();
  await expect(phone.page.getByRole("alert")).toContainText("We can't reach the server.");
  await expect(sessions.rows).toHaveCount(2);
  cable.plug(server.origin);
  await laptop.post("multi-session/revoke-others", {});
  phone.expects(/401 GET \/api\/auth\/multi-session\/events/);
  await expect(new EntryPage(phone).alert).toContainText("by your other device (Firefox on macOS)", {
    timeout: 15_000,
  });
  await cable.remove();
});

test("a hidden tab holds no stream and is up to date when shown", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop] = await signedIn(device, ada, ["Firefox on macOS"]);
  const sessions = await new SessionsPage(laptop).open();
  await laptop.isLive();
  await laptop.hide(true);
  const phone = await device("Safari on iPhone");
  await phone.signIn(ada);
  await expect(sessions.rows).toHaveCount(1);
  await laptop.hide(false);
  await expect(sessions.labels).toHaveText(["Firefox on macOS", "Safari on iPhone"]);
});
