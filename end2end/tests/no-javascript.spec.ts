import { expect, person, signedIn, test } from "../fixtures/test";
import { EntryPage } from "../pages/entry";
import { SessionsPage } from "../pages/sessions";
import { Switcher } from "../pages/switcher";

const plain = { javaScriptEnabled: false };

test("without JavaScript a person signs up, sees the error for a wrong password, and signs in", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const laptop = await device("Firefox on macOS", plain);
  const entry = await new EntryPage(laptop).openSignUp();
  await entry.signUp(ada);
  const sessions = new SessionsPage(laptop);
  await expect(sessions.labels).toHaveText(["Firefox on macOS"]);
  await (await new Switcher(laptop).open()).signOut.click();
  await expect(laptop.page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
  await entry.signIn(ada, "not the password");
  await expect(entry.alert).toContainText("Wrong email or password.");
  await entry.signIn(ada);
  await expect(sessions.heading).toBeVisible();
  expect(await laptop.whoAmI()).toBe("Ada Lovelace");
});

test("without JavaScript the list is complete and a device is revoked", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone] = await signedIn(device, ada, ["Firefox on macOS", "Safari on iPhone"], plain);
  const sessions = await new SessionsPage(laptop).open();
  await expect(sessions.labels).toHaveText(["Firefox on macOS", "Safari on iPhone"]);
  const row = sessions.row("Safari on iPhone");
  await row.getByText("Details").click();
  await expect(row.getByText("Mozilla/5.0 (iPhone")).toBeVisible();
  await sessions.revoke("Safari on iPhone").click();
  await expect(sessions.toast).toContainText("Signed out.");
  await expect(sessions.labels).toHaveText(["Firefox on macOS"]);
  expect(await phone.whoAmI()).toBeUndefined();
});

test("without JavaScript a refused revocation is reported", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone] = await signedIn(device, ada, ["Firefox on macOS", "Safari on iPhone"], plain);
  const sessions = await new SessionsPage(laptop).open();
  await phone.post("sign-out", {});
  await sessions.revoke("Safari on iPhone").click();
  await expect(laptop.page.getByRole("alert")).toContainText("already signed out");
  await expect(sessions.rows).toHaveCount(1);
});

test("without JavaScript the other devices are signed out after a question", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone] = await signedIn(device, ada, ["Firefox on macOS", "Safari on iPhone"], plain);
  const sessions = await new SessionsPage(laptop).open();
  const dialog = sessions.dialog("Sign out other devices?");
  await sessions.signOutOthers.click();
  await expect(dialog).toContainText("1 other device");
  await expect(dialog.getByRole("link", { name: "Cancel" })).toBeFocused();
  await dialog.getByRole("link", { name: "Cancel" }).click();
  await expect(dialog).toBeHidden();
  expect(await phone.whoAmI()).toBe("Ada Lovelace");
  await sessions.signOutOthers.click();
  await dialog.getByRole("button", { name: "Sign out other devices" }).click();
  await expect(sessions.toast).toContainText("other devices are signed out");
  await expect(dialog).toBeHidden();
  await expect(sessions.rows).toHaveCount(1);
  expect(await phone.whoAmI()).toBeUndefined();
});

test("without JavaScript all devices are signed out, and another account is offered, switched to and added", async ({ device }) => {
  const [grace, ada] = [person("Grace Hopper"), person("Ada Lovelace")];
  const laptop = await device("Firefox on macOS", plain);
  await laptop.signUp(grace);
  await laptop.signUp(ada);
  const sessions = await new SessionsPage(laptop).open();
  const switcher = new Switcher(laptop);
  await (await switcher.open()).switchTo("Grace Hopper").click();
  await expect(switcher.summary).toContainText("Grace Hopper");
  await (await switcher.open()).switchTo("Ada Lovelace").click();
  await expect(switcher.summary).toContainText("Ada Lovelace");

  await sessions.signOutEverywhere.click();
  await sessions.dialog("Sign out everywhere?").getByRole("button", { name: "Sign out everywhere" }).click();
  const entry = new EntryPage(laptop);
  await expect(sessions.toast).toContainText("signed out everywhere");
  await expect(entry.heldAccounts).toHaveCount(1);
  await entry.continueAs("Grace Hopper").click();
  await expect(sessions.heading).toBeVisible();
  expect(await laptop.whoAmI()).toBe("Grace Hopper");

  await (await switcher.open()).add.click();
  await entry.signIn(ada);
  await expect(switcher.summary).toContainText("Ada Lovelace");
  await expect(sessions.otherAccounts).toContainText(grace.email);
});

test("without JavaScript a refused form shows its error even without a Referer", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone] = await signedIn(device, ada, ["Firefox on macOS", "Safari on iPhone"], plain);
  await laptop.page.route("**/fn/*", (route) => {
    const { referer: _, ...headers } = route.request().headers();
    return route.continue({ headers });
  });
  const sessions = await new SessionsPage(laptop).open();
  await phone.post("sign-out", {});
  await sessions.revoke("Safari on iPhone").click();
  await expect(laptop.page.getByRole("alert")).toContainText("already signed out");
  await (await new Switcher(laptop).open()).signOut.click();
  await new EntryPage(laptop).signIn(ada, "not the password");
  await expect(new EntryPage(laptop).alert).toContainText("Wrong email or password.");
});
