import { expect, person, signedIn, test, userAgents } from "../fixtures/test";
import { SessionsPage } from "../pages/sessions";
import { Switcher } from "../pages/switcher";

test("every device is listed, the current one first", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [, phone] = await signedIn(device, ada, [
    "Firefox 145 on macOS",
    "Safari 26 on iOS",
    "Chrome 142 on Windows",
  ]);
  const sessions = await new SessionsPage(phone).open();
  await expect(sessions.labels).toHaveText(["Safari 26 on iOS", "Chrome 142 on Windows", "Firefox 145 on macOS"]);
  await expect(sessions.rows.first()).toContainText("(current)");
  await expect(sessions.rows.filter({ hasText: "(current)" })).toHaveCount(1);
  const row = sessions.row("Chrome 142 on Windows");
  await expect(row).toContainText("127.0.0.1");
  await expect(row).toContainText(/Last active (just now|less than|\d+ seconds? ago)/i);
  const time = row.locator("time").first();
  await expect(time).toHaveAttribute("datetime", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/);
  await expect(time).toHaveAttribute("title", /\d{4}/);

  const userAgent = row.getByText(userAgents["Chrome 142 on Windows"]);
  await expect(userAgent).toBeHidden();
  await row.getByText("User agent").click();
  await expect(userAgent).toBeVisible();
});

test("a screen reader hears the list in order", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop] = await signedIn(device, ada, ["Firefox 145 on macOS", "Chrome 142 on Windows"]);
  await new SessionsPage(laptop).open();
  await expect(laptop.page.getByRole("main")).toMatchAriaSnapshot(`
    - main:
      - heading "Your devices" [level=1]
      - list "Devices":
        - listitem:
          - heading "Firefox 145 on macOS" [level=3]
          - text: (current)
          - button "Revoke Firefox 145 on macOS"
        - listitem:
          - heading "Chrome 142 on Windows" [level=3]
          - button "Revoke Chrome 142 on Windows"
      - heading "Sign out of several at once" [level=2]
      - list:
        - listitem:
          - heading "Other devices" [level=3]
          - link "Sign out other devices"
        - listitem:
          - heading "Everywhere" [level=3]
          - link "Sign out everywhere"
  `);
});

test("times are kept current", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const laptop = await device("Firefox 145 on macOS");
  await laptop.signUp(ada);
  await laptop.page.clock.install();
  const sessions = await new SessionsPage(laptop).open();
  const signedInAt = sessions.rows.first().locator("time").last();
  await laptop.page.clock.runFor(5 * 60_000);
  await expect(signedInAt).toHaveText(/^[45] minutes ago$/);
});

test("the list that the server rendered is not fetched again", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone] = await signedIn(device, ada, ["Firefox 145 on macOS", "Safari 26 on iOS"]);
  const fetched: string[] = [];
  laptop.page.on("request", (request) => {
    if (request.url().includes("/fn/")) fetched.push(new URL(request.url()).pathname);
  });
  const sessions = await new SessionsPage(laptop).open();
  await expect(sessions.rows).toHaveCount(2);
  expect(fetched).toEqual([]);
  await sessions.revoke(phone.label).click();
  await expect(sessions.rows).toHaveCount(1);
  expect(fetched).toEqual(["/fn/revoke", "/fn/list-device-sessions"]);
});

test("a list that cannot be brought up to date says so, stays, and can be tried again", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone] = await signedIn(device, ada, ["Firefox 145 on macOS", "Safari 26 on iOS"]);
  const sessions = await new SessionsPage(laptop).open();
  const unavailable = { message: "The server cannot reach its data right now.", code: "SERVICE_UNAVAILABLE" };
  await laptop.page.route("**/fn/list-device-sessions*", (route) =>
    route.fulfill({ status: 503, json: unavailable }),
  );
  laptop.expects(/503 GET \/fn\/list-device-sessions/);
  await sessions.revoke(phone.label).click();
  const alert = laptop.page.getByRole("alert").filter({ hasText: "out of date" });
  await expect(alert).toContainText("The server cannot reach its data right now.");
  await expect(sessions.labels).toHaveText(["Firefox 145 on macOS"]);
  await expect(new Switcher(laptop).summary).toContainText("Ada Lovelace");
  expect(await laptop.whoAmI()).toBe("Ada Lovelace");
  await laptop.page.unroute("**/fn/list-device-sessions*");
  await alert.getByRole("link", { name: "Try again" }).click();
  await expect(sessions.labels).toHaveText(["Firefox 145 on macOS"]);
});
