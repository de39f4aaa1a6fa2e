import { expect, person, test } from "../fixtures/test";
import { EntryPage } from "../pages/entry";
import { SessionsPage } from "../pages/sessions";
import { Switcher } from "../pages/switcher";

test("a person adds an account and switches with one press", async ({ device }) => {
  const [ada, grace] = [person("Ada Lovelace"), person("Grace Hopper")];
  const laptop = await device("Firefox on macOS");
  await laptop.signUp(ada);
  await (await device("Chrome on Windows")).signUp(grace);
  const sessions = await new SessionsPage(laptop).open();
  const switcher = new Switcher(laptop);
  await (await switcher.open()).add.click();
  await laptop.isHydrated();
  await new EntryPage(laptop).signIn(grace);
  await expect(switcher.summary).toContainText("Grace Hopper");
  await expect(sessions.otherAccounts).toHaveCount(1);
  await expect(sessions.otherAccounts).toContainText(ada.email);

  await laptop.isHydrated();
  await (await switcher.open()).switchTo("Ada Lovelace").click();
  await expect(switcher.summary).toContainText("Ada Lovelace");
  expect(await laptop.whoAmI()).toBe("Ada Lovelace");
  await expect(sessions.otherAccounts).toContainText(grace.email);

  await sessions.otherAccounts.getByRole("button", { name: "Switch to Grace Hopper" }).click();
  await expect(switcher.summary).toContainText("Grace Hopper");
  await sessions.otherAccounts.getByRole("button", { name: "Revoke Ada Lovelace" }).click();
  await expect(sessions.otherAccounts).toHaveCount(0);
  expect(await laptop.whoAmI()).toBe("Grace Hopper");
});

test("after signing out the other account is offered", async ({ device }) => {
  const [ada, grace] = [person("Ada Lovelace"), person("Grace Hopper")];
  const laptop = await device("Firefox on macOS");
  await laptop.signUp(ada);
  await laptop.signUp(grace);
  await new SessionsPage(laptop).open();
  await (await new Switcher(laptop).open()).signOut.click();
  const entry = new EntryPage(laptop);
  await expect(entry.heldAccounts).toHaveCount(1);
  expect(await laptop.whoAmI()).toBeUndefined();
  await laptop.isHydrated();
  await entry.continueAs("Ada Lovelace").click();
  await expect(new SessionsPage(laptop).heading).toBeVisible();
  expect(await laptop.whoAmI()).toBe("Ada Lovelace");
});

test("switching to an account whose session has ended is refused", async ({ device }) => {
  const [ada, grace] = [person("Ada Lovelace"), person("Grace Hopper")];
  const laptop = await device("Firefox on macOS");
  await laptop.signUp(ada);
  await laptop.signUp(grace);
  const phone = await device("Safari on iPhone");
  await phone.signIn(ada);
  await laptop.blockStream();
  const sessions = await new SessionsPage(laptop).open();
  await phone.post("multi-session/revoke-others", {});
  laptop.expects(/401 POST \/fn\/set-active/);
  await (await new Switcher(laptop).open()).switchTo("Ada Lovelace").click();
  await expect(laptop.page.getByRole("alert")).toContainText("already signed out");
  await expect(sessions.otherAccounts).toHaveCount(0);
  expect(await laptop.whoAmI()).toBe("Grace Hopper");
});

test("the menu closes with Escape and a press outside", async ({ device }) => {
  const laptop = await device("Firefox on macOS");
  await laptop.signUp(person("Ada Lovelace"));
  await new SessionsPage(laptop).open();
  const switcher = new Switcher(laptop);
  for (const close of [
    () => laptop.page.keyboard.press("Escape"),
    () => laptop.page.getByRole("heading", { level: 1 }).click(),
  ]) {
    await switcher.open();
    await expect(switcher.add).toBeVisible();
    await close();
    await expect(switcher.add).toBeHidden();
  }
});

test("a tab follows a switch in another tab without a stream", async ({ device }) => {
  const [ada, grace] = [person("Ada Lovelace"), person("Grace Hopper")];
  const laptop = await device("Firefox on macOS");
  await laptop.signUp(ada);
  await laptop.signUp(grace);
  // The stream never opens, because an event before the other tab has its cookie would not help.
  await laptop.blockStream();
  await new SessionsPage(laptop).open();
  const there = new Switcher(laptop);
  await expect(there.summary).toContainText("Grace Hopper");
  const tab = await laptop.anotherTab();
  await new SessionsPage(tab).open();
  const switcher = new Switcher(tab);
  await (await switcher.open()).switchTo("Ada Lovelace").click();
  await expect(switcher.summary).toContainText("Ada Lovelace");
  await expect(there.summary).toContainText("Ada Lovelace");
  await expect(new SessionsPage(laptop).otherAccounts).toContainText(grace.email);
});
