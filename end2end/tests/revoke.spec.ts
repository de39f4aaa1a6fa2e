import { expect, person, signedIn, test } from "../fixtures/test";
import { EntryPage } from "../pages/entry";
import { SessionsPage } from "../pages/sessions";

test("another device is revoked and out at once", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone] = await signedIn(device, ada, ["Firefox 145 on macOS", "Safari 26 on iOS"]);
  await new SessionsPage(phone).open();
  const sessions = await new SessionsPage(laptop).open();
  await sessions.revoke("Safari 26 on iOS").click();
  await expect(sessions.toast).toContainText("Safari 26 on iOS");
  await expect(sessions.labels).toHaveText(["Firefox 145 on macOS"]);
  expect(await phone.whoAmI()).toBeUndefined();
  await phone.page.reload();
  await expect(phone.page).toHaveURL(/\/sign-in/);
  expect(await laptop.whoAmI()).toBe("Ada Lovelace");
});

test("a revoked device that presses a button is told and sent to sign-in", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone] = await signedIn(device, ada, ["Firefox 145 on macOS", "Safari 26 on iOS"]);
  const onPhone = await new SessionsPage(phone).open();
  await (await new SessionsPage(laptop).open()).revoke("Safari 26 on iOS").click();
  await expect(new SessionsPage(laptop).rows).toHaveCount(1);
  await onPhone.revoke("Firefox 145 on macOS").click();
  await expect(phone.page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
  expect(await laptop.whoAmI()).toBe("Ada Lovelace");
});

test("revoking the current session signs out", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop] = await signedIn(device, ada, ["Firefox 145 on macOS"]);
  await (await new SessionsPage(laptop).open()).revoke("Firefox 145 on macOS").click();
  await expect(laptop.page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
  expect(await laptop.whoAmI()).toBeUndefined();
});

test("revoking the current session falls over to the next account", async ({ device }) => {
  const [grace, ada] = [person("Grace Hopper"), person("Ada Lovelace")];
  const laptop = await device("Firefox 145 on macOS");
  await laptop.signUp(grace);
  await laptop.signUp(ada);
  const sessions = await new SessionsPage(laptop).open();
  await sessions.revoke("Firefox 145 on macOS").click();
  await expect(laptop.page.getByRole("banner").locator("summary")).toContainText("Grace Hopper");
  expect(await laptop.whoAmI()).toBe("Grace Hopper");
  await expect(sessions.labels).toHaveText(["Firefox 145 on macOS"]);
});

test("the others end and this one stays", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone, desktop] = await signedIn(device, ada, [
    "Firefox 145 on macOS",
    "Safari 26 on iOS",
    "Chrome 142 on Windows",
  ]);
  const sessions = await new SessionsPage(laptop).open();
  await sessions.signOutOthers.click();
  const dialog = sessions.dialog("Sign out other devices?");
  await expect(dialog).toContainText("2 other devices");
  await expect(dialog).toContainText(ada.email);
  await dialog.getByRole("button", { name: "Sign out other devices" }).click();
  await expect(dialog).toBeHidden();
  await expect(sessions.toast).toContainText("2");
  await expect(sessions.labels).toHaveText(["Firefox 145 on macOS"]);
  expect(await phone.whoAmI()).toBeUndefined();
  expect(await desktop.whoAmI()).toBeUndefined();
  expect(await laptop.whoAmI()).toBe("Ada Lovelace");
  await expect(sessions.signOutOthers).toBeHidden();
});

test("everywhere ends all, and sign-in offers the other account", async ({ device }) => {
  const [grace, ada] = [person("Grace Hopper"), person("Ada Lovelace")];
  const laptop = await device("Firefox 145 on macOS");
  await laptop.signUp(grace);
  await laptop.signUp(ada);
  const phone = await device("Safari 26 on iOS");
  await phone.signIn(ada);
  const sessions = await new SessionsPage(laptop).open();
  await sessions.signOutEverywhere.click();
  const dialog = sessions.dialog("Sign out everywhere?");
  await dialog.getByRole("button", { name: "Sign out everywhere" }).click();
  await expect(laptop.page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
  expect(await laptop.whoAmI()).toBeUndefined();
  expect(await phone.whoAmI()).toBeUndefined();

  await laptop.isAlive();
  await new EntryPage(laptop).continueAs("Grace Hopper").click();
  await expect(sessions.heading).toBeVisible();
  expect(await laptop.whoAmI()).toBe("Grace Hopper");
});

test("a dialog is the keyboard's too", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone] = await signedIn(device, ada, ["Firefox 145 on macOS", "Safari 26 on iOS"]);
  const sessions = await new SessionsPage(laptop).open();
  const { keyboard } = laptop.page;
  const dialog = sessions.dialog("Sign out other devices?");

  await sessions.signOutOthers.focus();
  await keyboard.press("Enter");
  await expect(dialog).toBeVisible();
  expect(await dialog.evaluate((element) => element.matches(":modal"))).toBe(true);
  await keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(sessions.signOutOthers).toBeFocused();

  await keyboard.press("Enter");
  await dialog.getByRole("link", { name: "Cancel" }).click();
  await expect(dialog).toBeHidden();
  await expect(sessions.signOutOthers).toBeFocused();
  await expect(laptop.page).toHaveURL(/\/sessions$/);
  expect(await phone.whoAmI()).toBe("Ada Lovelace");
});

test("an address that asks opens the dialog", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop] = await signedIn(device, ada, ["Firefox 145 on macOS", "Safari 26 on iOS"]);
  await laptop.open("/sessions?confirm=others");
  const dialog = new SessionsPage(laptop).dialog("Sign out other devices?");
  await expect(dialog).toBeVisible();
  await expect.poll(() => dialog.evaluate((element) => element.matches(":modal"))).toBe(true);
  await laptop.page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(laptop.page).toHaveURL(/\/sessions$/);
});

test("a revocation that cannot be sent is told, and nothing has changed", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone] = await signedIn(device, ada, ["Firefox 145 on macOS", "Safari 26 on iOS"]);
  const sessions = await new SessionsPage(laptop).open();
  await laptop.page.route("**/fn/revoke", (route) => route.abort());
  await sessions.revoke("Safari 26 on iOS").click();
  await expect(laptop.page.getByRole("alert")).toContainText("could not be reached");
  await expect(sessions.rows).toHaveCount(2);
  expect(await phone.whoAmI()).toBe("Ada Lovelace");
  await laptop.page.unroute("**/fn/revoke");
  await sessions.revoke("Safari 26 on iOS").click();
  await expect(sessions.rows).toHaveCount(1);
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
  await expect(sessions.toast).toBeEmpty({ timeout: 9_000 });
});
