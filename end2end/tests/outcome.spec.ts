import { expect, person, signedIn, test } from "../fixtures/test";
import { SessionsPage } from "../pages/sessions";

test("a revocation shows that it is under way and is not sent twice", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone] = await signedIn(device, ada, ["Firefox 145 on macOS", "Safari 26 on iOS"]);
  const sessions = await new SessionsPage(laptop).open();
  let sent = 0;
  let answer = () => {};
  const answered = new Promise<void>((done) => (answer = done));
  await laptop.page.route("**/fn/revoke", async (route) => {
    sent += 1;
    await answered;
    await route.continue();
  });
  const button = sessions.revoke(phone.label);
  await button.click();
  await expect(button).toHaveAttribute("aria-busy", "true");
  await expect(button).toBeDisabled();
  await expect(sessions.revoke(laptop.label)).toBeEnabled();
  await button.dispatchEvent("click");
  expect(await phone.whoAmI()).toBe("Ada Lovelace");
  answer();
  await expect(sessions.labels).toHaveText(["Firefox 145 on macOS"]);
  expect(sent).toBe(1);
});

test("a revocation that cannot be sent is told, and nothing has changed", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone] = await signedIn(device, ada, ["Firefox 145 on macOS", "Safari 26 on iOS"]);
  const sessions = await new SessionsPage(laptop).open();
  laptop.expects(/failed POST \/fn\/revoke/);
  await laptop.page.route("**/fn/revoke", (route) => route.abort());
  await sessions.revoke("Safari 26 on iOS").click();
  await expect(laptop.page.getByRole("alert")).toContainText("could not be reached");
  await expect(sessions.rows).toHaveCount(2);
  await expect(sessions.revoke("Safari 26 on iOS")).toBeFocused();
  expect(await phone.whoAmI()).toBe("Ada Lovelace");
  await laptop.page.unroute("**/fn/revoke");
  await sessions.revoke("Safari 26 on iOS").click();
  await expect(sessions.rows).toHaveCount(1);
  // The button has gone with its row: the keyboard goes on at the content, not at the top of the document.
  await expect(laptop.page.getByRole("main")).toBeFocused();
});

test("a toast can be dismissed and goes by itself", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop] = await signedIn(device, ada, ["Firefox 145 on macOS", "Safari 26 on iOS", "Edge 142 on Windows"]);
  const sessions = await new SessionsPage(laptop).open();
  await sessions.revoke("Safari 26 on iOS").click();
  await expect(sessions.toast).toContainText("Safari 26 on iOS");
  await sessions.toast.getByRole("link", { name: "Dismiss" }).click();
  await expect(sessions.toast).toBeEmpty();
  await sessions.revoke("Edge 142 on Windows").click();
  await expect(sessions.toast).toContainText("Edge 142 on Windows");
  await expect(sessions.toast).toBeEmpty({ timeout: 13_000 });
});

test("a toast is not printed", async ({ device }) => {
  const [laptop] = await signedIn(device, person("Ada Lovelace"), ["Firefox 145 on macOS", "Safari 26 on iOS"]);
  const sessions = await new SessionsPage(laptop).open();
  await sessions.revoke("Safari 26 on iOS").click();
  const toast = laptop.page.getByText("Signed out Safari 26 on iOS.");
  await expect(toast).toBeVisible();
  await laptop.page.emulateMedia({ media: "print" });
  await expect(toast).toBeHidden();
  await expect(sessions.heading).toBeVisible();
});
