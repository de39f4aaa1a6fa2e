import { expect, person, signedIn, test } from "../fixtures/test";
import { EntryPage } from "../pages/entry";
import { SessionsPage } from "../pages/sessions";

test("our pages open without a new document and keep the stream and the list", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop] = await signedIn(device, ada, ["Firefox on macOS", "Safari on iPhone"]);
  const sessions = await new SessionsPage(laptop).open();
  await laptop.isLive();
  const asked: string[] = [];
  laptop.page.on("request", (request) => {
    // The browser may request its icon at any time.
    const { pathname } = new URL(request.url());
    if (pathname !== "/favicon.svg") asked.push(pathname);
  });
  await laptop.page.getByRole("navigation", { name: "Your account" }).getByRole("link", { name: "Activity" }).click();
  await expect(laptop.page.getByRole("heading", { level: 1, name: "Activity" })).toBeVisible();
  await expect(laptop.page).toHaveTitle("Activity · Multi-session");
  await expect(laptop.page.locator("#content")).toBeFocused();
  await laptop.page.getByRole("link", { name: "Sign-ins", exact: true }).click();
  await expect(laptop.page).toHaveURL(/show=sign-ins/);
  await expect(laptop.page.getByRole("link", { name: "Sign-ins", exact: true })).toHaveAttribute("aria-current", "page");
  await laptop.page.goBack();
  await expect(laptop.page.getByRole("link", { name: "All", exact: true })).toHaveAttribute("aria-current", "page");
  await laptop.page.goBack();
  await expect(sessions.rows).toHaveCount(2);
  await expect(laptop.page).toHaveTitle("Your devices · Multi-session");
  expect(new Set(asked)).toEqual(new Set(["/fn/read-history"]));
});

test("a dialog in an address opens and closes with Back and Forward", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop] = await signedIn(device, ada, ["Firefox on macOS", "Safari on iPhone"]);
  const sessions = await new SessionsPage(laptop).open();
  await sessions.signOutOthers.click();
  await expect(sessions.dialog("Sign out other devices?")).toBeVisible();
  await laptop.page.goBack();
  await expect(sessions.dialog("Sign out other devices?")).toBeHidden();
  await laptop.page.goForward();
  await expect(sessions.dialog("Sign out other devices?")).toBeVisible();
});

test("a page from the back/forward cache is hidden and reloaded", async ({ device }) => {
  const [laptop] = await signedIn(device, person("Ada Lovelace"), ["Firefox on macOS"]);
  await new SessionsPage(laptop).open();
  const told = (name: string) => (kind: string) => window.dispatchEvent(new PageTransitionEvent(kind, { persisted: true })) && name;
  await laptop.page.evaluate(told("hidden"), "pagehide");
  await expect(laptop.page.locator("html")).toHaveJSProperty("hidden", true);
  const loaded = laptop.page.waitForEvent("load");
  await laptop.page.evaluate(told("shown"), "pageshow");
  await loaded;
  await expect(new SessionsPage(laptop).heading).toBeVisible();
});

test("a form submitted before hydration is not lost", async ({ device }) => {
  const ada = person("Ada Lovelace");
  await (await device("Safari on iPhone")).signUp(ada);
  const laptop = await device("Firefox on macOS");
  await laptop.page.route("**/*.wasm", () => {});
  await laptop.page.goto(`${laptop.origin}/sign-in`);
  await new EntryPage(laptop).signIn(ada);
  await expect(new SessionsPage(laptop).rows).toHaveCount(2);
  await expect(new SessionsPage(laptop).toast).toContainText("You're signed in.");
  await laptop.page.unroute("**/*.wasm");
});
