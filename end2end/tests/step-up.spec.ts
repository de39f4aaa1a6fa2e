import { isAccessible } from "../fixtures/accessible";
import { type Device, type Fixtures, type Label, expect, person, test } from "../fixtures/test";
import { ConfirmPage, isStale } from "../pages/confirm";
import { EntryPage } from "../pages/entry";
import { SessionsPage } from "../pages/sessions";
import { StepUpDialog } from "../pages/step-up";
import { Switcher } from "../pages/switcher";

const [first, second, third] = ["Firefox on macOS", "Safari on iPhone", "Chrome on Windows"] as const;

/** Ada has the list open on the laptop, whose session is stale, and is signed in on other devices. */
async function signedInLongAgo<const Labels extends readonly Label[]>(
  device: Fixtures["device"],
  startServer: Fixtures["startServer"],
  labels: Labels,
) {
  const ada = person("Ada Lovelace");
  const { origin } = await startServer({ MULTI_SESSION_FRESH_AGE: "3s" });
  const open = (label: Label) => device(label, {}, origin);
  const laptop = await open(first);
  await laptop.signUp(ada);
  const others: Device[] = [];
  for (const label of labels) {
    const other = await open(label);
    await other.signIn(ada);
    others.push(other);
  }
  const sessions = await new SessionsPage(laptop).open();
  await isStale(laptop);
  return { ada, origin, laptop, others: others as { -readonly [Index in keyof Labels]: Device }, sessions };
}

/** Delays requests until the returned function is called. */
async function held(device: Device, url: string): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((done) => (release = done));
  await device.page.route(url, async (route) => {
    await released;
    await route.continue();
  });
  return () => release();
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with JavaScript" : "without JavaScript";

  test.describe(how, () => {
    const ada = person("Ada Lovelace");
    let devices: [Device, Device, Device];
    const asked = (device: Device) => (javaScriptEnabled ? new StepUpDialog(device) : new ConfirmPage(device));

    test.beforeEach(async ({ device, startServer }) => {
      const { origin } = await startServer({ MULTI_SESSION_FRESH_AGE: "3s" });
      const open = (label: Label) => device(label, { javaScriptEnabled }, origin);
      devices = [await open(first), await open(second), await open(third)];
      const [laptop, ...others] = devices;
      await laptop.signUp(ada);
      for (const other of others) await other.signIn(ada);
    });

    test("a device is revoked after the right password and a wrong one loses nothing", async () => {
      const [laptop, phone, desktop] = devices;
      const sessions = await new SessionsPage(laptop).open();
      await isStale(laptop);
      if (javaScriptEnabled) {
        laptop.expects(/403 POST \/fn\/revoke/);
        laptop.expects(/400 POST \/fn\/reauthenticate/);
      }
      await sessions.revoke(second).click();

      const confirm = asked(laptop);
      await expect(confirm.heading).toBeVisible();
      await expect(confirm.text).toContainText(ada.email);
      if (!javaScriptEnabled) await expect(confirm.text).toContainText(second);
      expect(await phone.whoAmI()).toBe(ada.name);
      await confirm.confirm("not the password", "Revoke");
      await expect(confirm.alert).toContainText("not your current password");
      if (!javaScriptEnabled) await expect(confirm.text).toContainText(second);
      if (!javaScriptEnabled) await expect(confirm.password).toHaveValue("");
      await expect(confirm.password).toHaveAttribute("aria-invalid", "true");
      expect(laptop.page.url()).not.toContain("not%20the%20password");
      expect(await phone.whoAmI()).toBe(ada.name);

      const id = await laptop.sessionId();
      const before = await laptop.context.cookies();
      await confirm.confirm(ada.password, "Revoke");
      await expect(sessions.heading).toBeVisible();
      await expect(javaScriptEnabled ? sessions.gone(second) : sessions.toast.getByText("Signed out.")).toBeVisible();
      await expect(confirm.heading).toBeHidden();
      await expect(sessions.rows).toHaveCount(2);
      expect(await phone.whoAmI()).toBeUndefined();
      expect(await desktop.whoAmI()).toBe(ada.name);
      expect(await laptop.sessionId()).toBe(id);
      const values = (await laptop.context.cookies()).map(({ value }) => value);
      const ofSessions = before.filter(({ name }) => !name.endsWith(".device"));
      expect(ofSessions.filter(({ value }) => values.includes(value))).toEqual([]);

      await (javaScriptEnabled ? sessions.undo(second) : sessions.toast.getByRole("button", { name: "Undo" })).click();
      await expect(sessions.rows).toHaveCount(3);
      expect(await phone.whoAmI()).toBe(ada.name);
    });

    test("the other devices are signed out after both dialogs", async () => {
      const [laptop, phone, desktop] = devices;
      const sessions = await new SessionsPage(laptop).open();
      await isStale(laptop);
      if (javaScriptEnabled) laptop.expects(/403 POST \/fn\/revoke-others/);
      await sessions.signOutOthers.click();
      await sessions.dialog("Sign out other devices?").getByRole("button", { name: "Sign out other devices" }).click();
      const confirm = asked(laptop);
      await expect(confirm.text).toContainText("to sign out your other devices");
      await confirm.confirm(ada.password, "Sign out other devices");
      const told = javaScriptEnabled ? "Signed out 2 other devices." : "All other devices are signed out.";
      await expect(sessions.toast).toContainText(told);
      await expect(sessions.labels).toHaveText([first]);
      expect([await phone.whoAmI(), await desktop.whoAmI()]).toEqual([undefined, undefined]);
    });

    test("all devices including this one are signed out", async () => {
      const [laptop, phone] = devices;
      const sessions = await new SessionsPage(laptop).open();
      await isStale(laptop);
      if (javaScriptEnabled) laptop.expects(/403 POST \/fn\/revoke-all/);
      await sessions.signOutEverywhere.click();
      await sessions.dialog("Sign out everywhere?").getByRole("button", { name: "Sign out everywhere" }).click();
      await asked(laptop).confirm(ada.password, "Sign out everywhere");
      await expect(sessions.toast).toContainText("You're signed out everywhere.");
      await expect(new EntryPage(laptop).email).toBeVisible();
      expect([await laptop.whoAmI(), await phone.whoAmI()]).toEqual([undefined, undefined]);
    });

    test("cancelling returns and ends nothing", async () => {
      const [laptop, phone] = devices;
      const sessions = await new SessionsPage(laptop).open();
      await isStale(laptop);
      if (javaScriptEnabled) laptop.expects(/403 POST \/fn\/revoke/);
      await sessions.revoke(second).click();
      await asked(laptop).cancel.click();
      await expect(sessions.rows).toHaveCount(3);
      expect(await phone.whoAmI()).toBe(ada.name);
    });

    test("a device that was signed out meanwhile is reported", async () => {
      const [laptop, phone] = devices;
      const sessions = await new SessionsPage(laptop).open();
      await isStale(laptop);
      if (javaScriptEnabled) laptop.expects(/403 POST \/fn\/revoke/);
      await sessions.revoke(second).click();
      const confirm = asked(laptop);
      await expect(confirm.heading).toBeVisible();
      if (javaScriptEnabled) laptop.expects(/401 POST \/fn\/revoke/);
      await phone.post("sign-out", {});
      await confirm.confirm(ada.password, "Revoke");
      await expect(laptop.page.getByRole("alert")).toContainText("already signed out");
      await expect(sessions.rows).toHaveCount(2);
    });

    test("signing out here needs no password", async () => {
      const [laptop, phone] = devices;
      const sessions = await new SessionsPage(laptop).open();
      await isStale(laptop);
      await sessions.signOutHere();
      await expect(new EntryPage(laptop).email).toBeVisible();
      expect(await laptop.whoAmI()).toBeUndefined();
      expect(await phone.whoAmI()).toBe(ada.name);
    });
  });
}

test("other tabs continue and get events", async ({ device, startServer }) => {
  const ada = person("Ada Lovelace");
  const { origin } = await startServer({ MULTI_SESSION_FRESH_AGE: "3s" });
  const laptop = await device(first, {}, origin);
  await laptop.signUp(ada);
  const phone = await device(second, {}, origin);
  await phone.signIn(ada);
  const sessions = await new SessionsPage(laptop).open();
  const tab = await laptop.anotherTab();
  const there = await new SessionsPage(tab).open();
  await tab.isLive();
  await isStale(laptop);
  laptop.expects(/403 POST \/fn\/revoke/);
  await sessions.revoke(second).click();
  await new StepUpDialog(laptop).confirm(ada.password);
  await expect(sessions.labels).toHaveText([first]);
  await expect(there.labels).toHaveText([first]);
  const desktop = await device(third, {}, origin);
  await desktop.signIn(ada);
  await expect(there.labels).toHaveText([first, third]);
  await expect(there.heading).toBeVisible();
  expect(await laptop.whoAmI()).toBe(ada.name);
});

test("the dialog works with the keyboard and forgets its input", async ({ device, startServer }) => {
  const { ada, origin, laptop, others, sessions } = await signedInLongAgo(device, startServer, [second]);
  const [phone] = others;
  laptop.expects(/403 POST \/fn\/revoke/);
  laptop.expects(/400 POST \/fn\/reauthenticate/);
  const { keyboard } = laptop.page;
  const dialog = new StepUpDialog(laptop);
  await sessions.revoke(second).press("Enter");
  await dialog.confirm("not the password");
  await expect(dialog.alert).toBeVisible();
  await expect(dialog.password).toBeFocused();
  await keyboard.press("Escape");
  await expect(dialog.text).toBeHidden();
  await expect(sessions.revoke(second)).toBeFocused();
  expect(await phone.whoAmI()).toBe(ada.name);

  // A cancelled action does not continue with the next one.
  await sessions.signOutOthers.click();
  await sessions.dialog("Sign out other devices?").getByRole("button", { name: "Sign out other devices" }).click();
  await expect(dialog.text).toBeVisible();
  await expect(dialog.alert).toBeHidden();
  await expect(dialog.password).toHaveValue("");
  await dialog.password.fill(ada.password);
  await dialog.button.click();
  await expect(sessions.toast).toContainText("Signed out 1 other device.");
  await expect(dialog.text).toBeHidden();
  await expect(laptop.page).toHaveURL(`${origin}/sessions`);
  await expect(sessions.labels).toHaveText([first]);
  await expect(laptop.page.locator("#content")).toBeFocused();
  expect(await phone.whoAmI()).toBeUndefined();
});

test("closing the dialog while the password is verified cancels the action", async ({ device, startServer }) => {
  const { ada, laptop, others, sessions } = await signedInLongAgo(device, startServer, [second]);
  const [phone] = others;
  laptop.expects(/403 POST \/fn\/revoke/);
  await sessions.revoke(second).click();
  const dialog = new StepUpDialog(laptop);
  const release = await held(laptop, "**/fn/reauthenticate");
  const verified = laptop.page.waitForResponse("**/fn/reauthenticate");
  const looked = laptop.page.waitForResponse("**/fn/list-device-sessions*");
  await dialog.confirm(ada.password);
  await laptop.page.keyboard.press("Escape");
  await expect(dialog.text).toBeHidden();
  release();
  expect((await verified).status()).toBe(200);
  await looked;
  await expect(sessions.rows).toHaveCount(2);
  expect(await phone.whoAmI()).toBe(ada.name);
});

test("two waiting actions continue after one password", async ({ device, startServer }) => {
  const { ada, laptop, sessions } = await signedInLongAgo(device, startServer, [second, third]);
  laptop.expects(/403 POST \/fn\/revoke/);
  laptop.expects(/403 POST \/fn\/revoke/);
  const release = await held(laptop, "**/fn/revoke");
  await sessions.revoke(second).click();
  await sessions.revoke(third).click();
  release();
  await new StepUpDialog(laptop).confirm(ada.password);
  await expect(sessions.labels).toHaveText([first]);
});

test("switching accounts in another tab closes the dialog of the old account", async ({ device, startServer }) => {
  const [ada, grace] = [person("Ada Lovelace"), person("Grace Hopper")];
  const { origin } = await startServer({ MULTI_SESSION_FRESH_AGE: "3s" });
  const laptop = await device(first, {}, origin);
  await laptop.signUp(grace);
  await laptop.signUp(ada);
  const phone = await device(second, {}, origin);
  await phone.signIn(ada);
  const sessions = await new SessionsPage(laptop).open();
  await laptop.isLive();
  await isStale(laptop);
  laptop.expects(/403 POST \/fn\/revoke-all/);
  await sessions.signOutEverywhere.click();
  await sessions.dialog("Sign out everywhere?").getByRole("button", { name: "Sign out everywhere" }).click();
  const dialog = new StepUpDialog(laptop);
  await expect(dialog.text).toContainText(ada.email);
  const tab = await laptop.anotherTab();
  await new SessionsPage(tab).open();
  await (await new Switcher(tab).open()).switchTo("Grace Hopper").click();
  await expect(dialog.text).toBeHidden();
  await expect(new Switcher(laptop).summary).toContainText("Grace Hopper");
  expect([await laptop.whoAmI(), await phone.whoAmI()]).toEqual([grace.name, ada.name]);
});

test("an address with an unknown action leads nowhere", async ({ device, startServer }) => {
  const { origin } = await startServer({ MULTI_SESSION_FRESH_AGE: "3s" });
  const laptop = await device(first, {}, origin);
  await laptop.signUp(person("Ada Lovelace"));
  await isStale(laptop);
  for (const query of ["", "?act=//evil.example", "?act=/fn/sign-out", "?act=/fn/revoke&session_id=a/b"]) {
    await laptop.page.goto(`${origin}/confirm${query}`);
    await expect(laptop.page).toHaveURL(`${origin}/sessions`);
  }
  await laptop.page.goto(`${origin}/confirm?act=/fn/revoke-all&session_id=&__err=bm9uc2Vuc2U=`);
  await expect(new ConfirmPage(laptop).alert).toContainText("Something went wrong");
});

test("axe finds nothing serious", async ({ device, startServer }) => {
  const { origin } = await startServer({ MULTI_SESSION_FRESH_AGE: "3s" });
  const laptop = await device(first, {}, origin);
  const ada = person("Ada Lovelace");
  await laptop.signUp(ada);
  await isStale(laptop);
  const confirm = new ConfirmPage(laptop);
  await laptop.page.goto(`${origin}/confirm?act=/fn/revoke-others&session_id=`);
  await expect(confirm.heading).toBeVisible();
  await isAccessible(laptop, "confirm");
  await confirm.confirm("not the password", "Sign out other devices");
  await expect(confirm.alert).toBeVisible();
  await isAccessible(laptop, "confirm with an error");

  const phone = await device(second, {}, origin);
  await phone.signIn(ada);
  const sessions = await new SessionsPage(laptop).open();
  laptop.expects(/403 POST \/fn\/revoke/);
  laptop.expects(/400 POST \/fn\/reauthenticate/);
  await sessions.revoke(second).click();
  const dialog = new StepUpDialog(laptop);
  await expect(dialog.text).toBeVisible();
  await isAccessible(laptop, "the dialog");
  await dialog.confirm("not the password");
  await expect(dialog.alert).toBeVisible();
  await isAccessible(laptop, "the dialog with an error");
});
