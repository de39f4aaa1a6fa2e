import { expect, person, signedIn, test } from "../fixtures/test";
import { SessionsPage } from "../pages/sessions";

test("a running revocation shows progress and is not sent twice", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone] = await signedIn(device, ada, ["Firefox on macOS", "Safari on iPhone"]);
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
  await expect(sessions.revokeCurrent).toBeEnabled();
  await button.dispatchEvent("click");
  expect(await phone.whoAmI()).toBe("Ada Lovelace");
  answer();
  await expect(sessions.labels).toHaveText(["Firefox on macOS"]);
  expect(sent).toBe(1);
});

test("a revocation that cannot be sent is reported and nothing changes", { tag: "@waits" }, async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone] = await signedIn(device, ada, ["Firefox on macOS", "Safari on iPhone"]);
  const sessions = await new SessionsPage(laptop).open();
  laptop.expects(/failed POST \/fn\/revoke/);
  await laptop.page.route("**/fn/revoke", (route) => route.abort());
  await sessions.revoke("Safari on iPhone").click();
  await expect(laptop.page.getByRole("alert")).toContainText("can't reach the server");
  await expect(sessions.rows).toHaveCount(2);
  await expect(sessions.revoke("Safari on iPhone")).toBeFocused();
  expect(await phone.whoAmI()).toBe("Ada Lovelace");
  await laptop.page.unroute("**/fn/revoke");
  await sessions.revoke("Safari on iPhone").click();
  await expect(sessions.rows).toHaveCount(1);
  // The button has disappeared with its row. The focus is in its place, and then on the content.
  await expect(sessions.undo("Safari on iPhone")).toBeFocused();
  await expect(laptop.page.getByRole("main")).toBeFocused({ timeout: 13_000 });
});

test("a toast can be dismissed and disappears by itself", { tag: "@waits" }, async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop] = await signedIn(device, ada, ["Firefox on macOS", "Safari on iPhone", "Edge on Windows"]);
  const sessions = await new SessionsPage(laptop).open();
  await sessions.answer("Safari on iPhone", "Yes, it was me").click();
  await expect(sessions.toast).toContainText("no longer marked as new");
  await sessions.toast.getByRole("link", { name: "Dismiss" }).click();
  await expect(sessions.toast).toBeEmpty();
  await sessions.answer("Edge on Windows", "Yes, it was me").click();
  await expect(sessions.toast).toContainText("no longer marked as new");
  await expect(sessions.toast).toBeEmpty({ timeout: 13_000 });
});

test("a toast is not printed", async ({ device }) => {
  const [laptop] = await signedIn(device, person("Ada Lovelace"), ["Firefox on macOS", "Safari on iPhone"]);
  const sessions = await new SessionsPage(laptop).open();
  await sessions.answer("Safari on iPhone", "Yes, it was me").click();
  const toast = laptop.page.getByText("no longer marked as new");
  await expect(toast).toBeVisible();
  await laptop.page.emulateMedia({ media: "print" });
  await expect(toast).toBeHidden();
  await expect(sessions.heading).toBeVisible();
});
