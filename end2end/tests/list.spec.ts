import { expect, person, signedIn, test, userAgents } from "../fixtures/test";
import { SessionsPage } from "../pages/sessions";
import { Switcher } from "../pages/switcher";

test("every device is listed, the current one first", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [, phone] = await signedIn(device, ada, [
    "Firefox on macOS",
    "Safari on iPhone",
    "Chrome on Windows",
  ]);
  const sessions = await new SessionsPage(phone).open();
  await expect(sessions.labels).toHaveText(["Safari on iPhone", "Chrome on Windows", "Firefox on macOS"]);
  await expect(sessions.rows.first()).toContainText("(current)");
  await expect(sessions.rows.filter({ hasText: "(current)" })).toHaveCount(1);
  const row = sessions.row("Chrome on Windows");
  await expect(row).toContainText("127.0.0.1");
  await expect(row).toContainText("Active now");

  const userAgent = row.getByText(userAgents["Chrome on Windows"]);
  await expect(userAgent).toBeHidden();
  await row.getByText("Details").click();
  await expect(userAgent).toBeVisible();
  await expect(row).toContainText("Signed in with password");
  await expect(row).toContainText(/Chrome 142\b/);
  const time = row.locator("time").first();
  await expect(time).toHaveAttribute("datetime", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/);
  await expect(time).toHaveText(/^\d+ \w+ \d{4} at \d\d:\d\d$/);
});

test("a screen reader reads the list in order", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop] = await signedIn(device, ada, ["Firefox on macOS", "Chrome on Windows"]);
  await new SessionsPage(laptop).open();
  await expect(laptop.page.getByRole("main")).toMatchAriaSnapshot(`
    - main:
      - heading "Your devices" [level=1]
      - list "Devices":
        - listitem:
          - heading "Firefox on macOS" [level=2]
          - text: (current)
          - link "Revoke Firefox on macOS"
        - listitem:
          - heading "Chrome on Windows" [level=2]
          - button "Revoke Chrome on Windows"
      - heading "Sign out of multiple devices" [level=2]
      - list:
        - listitem:
          - heading "Other devices" [level=3]
          - link "Sign out other devices"
        - listitem:
          - heading "Everywhere" [level=3]
          - link "Sign out everywhere"
  `);
});

test("times are kept up to date", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop] = await signedIn(device, ada, ["Firefox on macOS", "Safari on iPhone"]);
  await laptop.page.clock.install();
  const sessions = await new SessionsPage(laptop).open();
  const row = sessions.row("Safari on iPhone");
  await expect(row).toContainText("Active now");
  await laptop.page.clock.runFor(5 * 60_000);
  await expect(row).toContainText(/Active [45] minutes ago/);
});

test("the list that the server rendered is not fetched again", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone] = await signedIn(device, ada, ["Firefox on macOS", "Safari on iPhone"]);
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

test("a list that cannot be refreshed says so, stays, and can be retried", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone] = await signedIn(device, ada, ["Firefox on macOS", "Safari on iPhone"]);
  const sessions = await new SessionsPage(laptop).open();
  const unavailable = { message: "We can't load your data right now.", code: "SERVICE_UNAVAILABLE" };
  await laptop.page.route("**/fn/list-device-sessions*", (route) =>
    route.fulfill({ status: 503, json: unavailable }),
  );
  laptop.expects(/503 GET \/fn\/list-device-sessions/);
  await sessions.revoke(phone.label).click();
  const alert = laptop.page.getByRole("alert").filter({ hasText: "out of date" });
  await expect(alert).toContainText("We can't load your data right now.");
  await expect(sessions.labels).toHaveText(["Firefox on macOS"]);
  await expect(new Switcher(laptop).summary).toContainText("Ada Lovelace");
  expect(await laptop.whoAmI()).toBe("Ada Lovelace");
  await laptop.page.unroute("**/fn/list-device-sessions*");
  await alert.getByRole("link", { name: "Try again" }).click();
  await expect(sessions.labels).toHaveText(["Firefox on macOS"]);
});

test("sessions of one browser are grouped in one row", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop] = await signedIn(device, ada, ["Firefox on macOS"]);
  for (let count = 0; count < 3; count++) {
    const answer = await fetch(`${laptop.origin}/api/auth/sign-in/email`, {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": "curl/8.5.0", origin: laptop.origin },
      body: JSON.stringify({ email: ada.email, password: ada.password }),
    });
    expect(answer.status).toBe(200);
  }
  const sessions = await new SessionsPage(laptop).open();
  await sessions.answer("curl 8", "Yes, it was me").click();
  await expect(sessions.answer("curl 8", "Yes, it was me")).toHaveCount(0);
  const group = sessions.row("curl 8");
  await expect(group).toContainText("3 sessions");
  await expect(sessions.revoke("curl 8").first()).toBeHidden();
  await group.getByText("Show sessions").click();
  await sessions.revoke("curl 8").first().click();
  await expect(group).toContainText("2 sessions");
  await expect(sessions.undo("curl 8")).toBeFocused();
  await expect(sessions.revoke("curl 8").first(), "the group stays open").toBeVisible();
});

test("new rows wait while the pointer is over the list", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone] = await signedIn(device, ada, ["Firefox on macOS", "Safari on iPhone"]);
  const sessions = await new SessionsPage(laptop).open();
  await laptop.isLive();
  await sessions.revoke("Safari on iPhone").hover();
  const before = await sessions.revoke("Safari on iPhone").boundingBox();
  const desktop = await device("Chrome on Windows");
  await desktop.signIn(ada);
  await expect(laptop.page.getByRole("button", { name: "1 new sign-in, show" })).toBeVisible();
  await expect(sessions.rows).toHaveCount(2);
  expect(await sessions.revoke("Safari on iPhone").boundingBox()).toEqual(before);
  await laptop.page.mouse.move(5, 5);
  await expect(sessions.rows).toHaveCount(3);
  await sessions.revoke("Safari on iPhone").hover();
  await expect(sessions.rows).toHaveCount(3);
  expect(await phone.whoAmI()).toBe("Ada Lovelace");
});

for (const javaScriptEnabled of [true, false]) {
  test(`recently signed-out devices are shown on demand, ${javaScriptEnabled ? "with" : "without"} JavaScript`, async ({
    device,
  }) => {
    const ada = person("Ada Lovelace");
    const [laptop] = await signedIn(device, ada, ["Firefox on macOS", "Safari on iPhone"], { javaScriptEnabled });
    const sessions = await new SessionsPage(laptop).open();
    await sessions.revoke("Safari on iPhone").click();
    await expect(sessions.rows).toHaveCount(1);
    await laptop.page.getByRole("link", { name: "Show the last 28 days" }).click();
    const ended = laptop.page.getByRole("list", { name: "Recently signed out" }).getByRole("listitem");
    await expect(ended).toHaveCount(1);
    await expect(ended).toContainText("Safari on iPhone");
    await expect(ended).toContainText("Signed out by Firefox on macOS just now");
    await laptop.page.getByRole("link", { name: "Hide" }).click();
    await expect(ended).toHaveCount(0);
  });
}
