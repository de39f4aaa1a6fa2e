import { expect, person, signedIn, test } from "../fixtures/test";
import { EntryPage } from "../pages/entry";
import { SessionsPage } from "../pages/sessions";

test("a revoked device is signed out immediately", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone] = await signedIn(device, ada, ["Firefox on macOS", "Safari on iPhone"]);
  await phone.blockStream();
  await new SessionsPage(phone).open();
  const sessions = await new SessionsPage(laptop).open();
  await sessions.revoke("Safari on iPhone").click();
  await expect(sessions.gone("Safari on iPhone")).toBeVisible();
  await expect(sessions.labels).toHaveText(["Firefox on macOS"]);
  expect(await phone.whoAmI()).toBeUndefined();
  await phone.page.reload();
  await expect(phone.page).toHaveURL(/\/sign-in/);
  expect(await laptop.whoAmI()).toBe("Ada Lovelace");
});

test("a revoked device that presses a button gets an explanation at sign-in", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone] = await signedIn(device, ada, ["Firefox on macOS", "Safari on iPhone"]);
  await phone.blockStream();
  const onPhone = await new SessionsPage(phone).open();
  await (await new SessionsPage(laptop).open()).revoke("Safari on iPhone").click();
  await expect(new SessionsPage(laptop).rows).toHaveCount(1);
  phone.expects(/401 POST \/fn\/revoke/);
  await onPhone.revoke("Firefox on macOS").click();
  await expect(phone.page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
  expect(await laptop.whoAmI()).toBe("Ada Lovelace");
});

test("revoking the current session signs out", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop] = await signedIn(device, ada, ["Firefox on macOS"]);
  await (await new SessionsPage(laptop).open()).signOutHere();
  await expect(laptop.page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
  expect(await laptop.whoAmI()).toBeUndefined();
});

test("revoking the current session switches to the next account", async ({ device }) => {
  const [grace, ada] = [person("Grace Hopper"), person("Ada Lovelace")];
  const laptop = await device("Firefox on macOS");
  await laptop.signUp(grace);
  await laptop.signUp(ada);
  const sessions = await new SessionsPage(laptop).open();
  await sessions.signOutHere();
  await expect(laptop.page.getByRole("banner").locator("summary")).toContainText("Grace Hopper");
  expect(await laptop.whoAmI()).toBe("Grace Hopper");
  await expect(sessions.labels).toHaveText(["Firefox on macOS"]);
});

test("signing out the other devices keeps this one", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone, desktop] = await signedIn(device, ada, [
    "Firefox on macOS",
    "Safari on iPhone",
    "Chrome on Windows",
  ]);
  const sessions = await new SessionsPage(laptop).open();
  await sessions.signOutOthers.click();
  const dialog = sessions.dialog("Sign out other devices?");
  await expect(dialog).toContainText("2 other devices");
  await expect(dialog).toContainText(ada.email);
  await dialog.getByRole("button", { name: "Sign out other devices" }).click();
  await expect(dialog).toBeHidden();
  await expect(sessions.toast).toContainText("2");
  await expect(sessions.labels).toHaveText(["Firefox on macOS"]);
  expect(await phone.whoAmI()).toBeUndefined();
  expect(await desktop.whoAmI()).toBeUndefined();
  expect(await laptop.whoAmI()).toBe("Ada Lovelace");
  await expect(sessions.signOutOthers).toBeHidden();
});

test("signing out everywhere offers the other account at sign-in", async ({ device }) => {
  const [grace, ada] = [person("Grace Hopper"), person("Ada Lovelace")];
  const laptop = await device("Firefox on macOS");
  await laptop.signUp(grace);
  await laptop.signUp(ada);
  const phone = await device("Safari on iPhone");
  await phone.signIn(ada);
  const sessions = await new SessionsPage(laptop).open();
  await sessions.signOutEverywhere.click();
  const dialog = sessions.dialog("Sign out everywhere?");
  await dialog.getByRole("button", { name: "Sign out everywhere" }).click();
  await expect(laptop.page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
  expect(await laptop.whoAmI()).toBeUndefined();
  expect(await phone.whoAmI()).toBeUndefined();

  await laptop.isHydrated();
  await new EntryPage(laptop).continueAs("Grace Hopper").click();
  await expect(sessions.heading).toBeVisible();
  expect(await laptop.whoAmI()).toBe("Grace Hopper");
});
