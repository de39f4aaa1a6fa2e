import { expect, person, signedIn, test } from "../fixtures/test";
import { SessionsPage } from "../pages/sessions";

test("a dialog works with the keyboard", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone] = await signedIn(device, ada, ["Firefox on macOS", "Safari on iPhone"]);
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

test("an address can open the dialog", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop] = await signedIn(device, ada, ["Firefox on macOS", "Safari on iPhone"]);
  await laptop.open("/sessions?confirm=others");
  const dialog = new SessionsPage(laptop).dialog("Sign out other devices?");
  await expect(dialog).toBeVisible();
  await expect.poll(() => dialog.evaluate((element) => element.matches(":modal"))).toBe(true);
  await laptop.page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(laptop.page).toHaveURL(/\/sessions$/);
});

test("Back closes a dialog and Forward opens it", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone] = await signedIn(device, ada, ["Firefox on macOS", "Safari on iPhone"]);
  const sessions = await new SessionsPage(laptop).open();
  const dialog = sessions.dialog("Sign out everywhere?");
  await sessions.signOutEverywhere.click();
  await expect(dialog).toContainText("out of this device and 1 other device");
  await expect(laptop.page).toHaveURL(/\/sessions\?confirm=everywhere$/);
  await laptop.page.goBack();
  await expect(dialog).toBeHidden();
  await expect(laptop.page).toHaveURL(/\/sessions$/);
  await expect(sessions.signOutEverywhere).toBeFocused();
  await laptop.page.goForward();
  await expect(dialog).toBeVisible();
  await dialog.getByRole("link", { name: "Cancel" }).click();
  await expect(dialog).toBeHidden();
  expect([await laptop.whoAmI(), await phone.whoAmI()]).toEqual(["Ada Lovelace", "Ada Lovelace"]);
});

test("Forward opens a dialog again that Escape closed, however often it was pressed", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop] = await signedIn(device, ada, ["Firefox on macOS"]);
  const sessions = await new SessionsPage(laptop).open();
  const dialog = sessions.dialog("Sign out everywhere?");
  await sessions.signOutEverywhere.click();
  await expect(dialog).toBeVisible();
  await dialog.evaluate((element) => {
    // Both before the browser has gone back.
    for (let pressed = 0; pressed < 2; pressed += 1) element.dispatchEvent(new Event("cancel", { cancelable: true }));
  });
  await expect(dialog).toBeHidden();
  await expect(laptop.page).toHaveURL(/\/sessions$/);
  await laptop.page.goForward();
  await expect(dialog).toBeVisible();
  await expect(laptop.page).toHaveURL(/\/sessions\?confirm=everywhere$/);
});

test("a dialog keeps the focus and a press outside closes it", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop] = await signedIn(device, ada, ["Firefox on macOS"]);
  const sessions = await new SessionsPage(laptop).open();
  const dialog = sessions.dialog("Sign out everywhere?");
  await sessions.signOutEverywhere.click();
  await expect(dialog.getByRole("link", { name: "Cancel" })).toBeFocused();
  await laptop.page.keyboard.press("Tab");
  await expect(dialog.getByRole("button", { name: "Sign out everywhere" })).toBeFocused();
  await laptop.page.mouse.click(10, 10);
  await expect(dialog).toBeHidden();
  expect(await laptop.whoAmI()).toBe("Ada Lovelace");
});

test("Back does not reopen a closed dialog", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop] = await signedIn(device, ada, ["Firefox on macOS"]);
  await laptop.open("/history");
  const sessions = await new SessionsPage(laptop).open();
  await sessions.revokeCurrent.click();
  const dialog = sessions.dialog("Sign out of this device?");
  await expect(dialog).toContainText(ada.email);
  await laptop.page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(sessions.revokeCurrent).toBeFocused();
  await expect(laptop.page).toHaveURL(/\/sessions$/);
  await laptop.page.goBack();
  await expect(laptop.page).toHaveURL(/\/history$/);
  expect(await laptop.whoAmI()).toBe("Ada Lovelace");
});
