import { isAccessible } from "../fixtures/accessible";
import { type Device, type Label, expect, person, test } from "../fixtures/test";
import { ConfirmPage, isStale } from "../pages/confirm";
import { EntryPage } from "../pages/entry";
import { SessionsPage } from "../pages/sessions";

const [first, second, third] = ["Firefox 145 on macOS", "Safari 26 on iOS", "Chrome 142 on Windows"] as const;

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with JavaScript" : "without JavaScript";

  test.describe(how, () => {
    const ada = person("Ada Lovelace");
    let devices: [Device, Device, Device];

    test.beforeEach(async ({ device, startServer }) => {
      const { origin } = await startServer({ MULTI_SESSION_FRESH_AGE: "1s" });
      const open = (label: Label) => device(label, { javaScriptEnabled }, origin);
      devices = [await open(first), await open(second), await open(third)];
      const [laptop, ...others] = devices;
      await laptop.signUp(ada);
      for (const other of others) await other.signIn(ada);
    });

    test("a device is revoked once the password is right, and nothing is lost by a wrong one", async () => {
      const [laptop, phone, desktop] = devices;
      const sessions = await new SessionsPage(laptop).open();
      await isStale(laptop);
      if (javaScriptEnabled) laptop.expects(/403 POST \/fn\/revoke/);
      await sessions.revoke(second).click();

      const confirm = new ConfirmPage(laptop);
      await expect(confirm.heading).toBeVisible();
      await expect(confirm.text).toContainText(ada.email);
      await expect(confirm.text).toContainText(second);
      expect(await phone.whoAmI()).toBe(ada.name);
      await confirm.confirm("not the password", "Revoke");
      await expect(confirm.alert).toContainText("not your current password");
      await expect(confirm.text).toContainText(second);
      await expect(confirm.password).toHaveValue("");
      await expect(confirm.password).toHaveAttribute("aria-invalid", "true");
      expect(laptop.page.url()).not.toContain("not%20the%20password");
      expect(await phone.whoAmI()).toBe(ada.name);

      const id = await laptop.sessionId();
      const before = await laptop.context.cookies();
      await confirm.confirm(ada.password, "Revoke");
      await expect(sessions.heading).toBeVisible();
      await expect(sessions.toast).toContainText("That session has ended.");
      await expect(sessions.rows).toHaveCount(2);
      expect(await phone.whoAmI()).toBeUndefined();
      expect(await desktop.whoAmI()).toBe(ada.name);
      expect(await laptop.sessionId()).toBe(id);
      const values = (await laptop.context.cookies()).map(({ value }) => value);
      const ofSessions = before.filter(({ name }) => !name.endsWith(".device"));
      expect(ofSessions.filter(({ value }) => values.includes(value))).toEqual([]);
    });

    test("the other devices are signed out after both questions", async () => {
      const [laptop, phone, desktop] = devices;
      const sessions = await new SessionsPage(laptop).open();
      await isStale(laptop);
      if (javaScriptEnabled) laptop.expects(/403 POST \/fn\/revoke-others/);
      await sessions.signOutOthers.click();
      await sessions.dialog("Sign out other devices?").getByRole("button", { name: "Sign out other devices" }).click();
      const confirm = new ConfirmPage(laptop);
      await expect(confirm.text).toContainText("to sign out your other devices");
      await confirm.confirm(ada.password, "Sign out other devices");
      await expect(sessions.toast).toContainText("All other devices are signed out.");
      await expect(sessions.labels).toHaveText([first]);
      expect([await phone.whoAmI(), await desktop.whoAmI()]).toEqual([undefined, undefined]);
    });

    test("all devices are signed out, this one too", async () => {
      const [laptop, phone] = devices;
      const sessions = await new SessionsPage(laptop).open();
      await isStale(laptop);
      if (javaScriptEnabled) laptop.expects(/403 POST \/fn\/revoke-all/);
      await sessions.signOutEverywhere.click();
      await sessions.dialog("Sign out everywhere?").getByRole("button", { name: "Sign out everywhere" }).click();
      await new ConfirmPage(laptop).confirm(ada.password, "Sign out everywhere");
      await expect(sessions.toast).toContainText("You are signed out everywhere.");
      await expect(new EntryPage(laptop).email).toBeVisible();
      expect([await laptop.whoAmI(), await phone.whoAmI()]).toEqual([undefined, undefined]);
    });

    test("who cancels is back, and nothing has ended", async () => {
      const [laptop, phone] = devices;
      const sessions = await new SessionsPage(laptop).open();
      await isStale(laptop);
      if (javaScriptEnabled) laptop.expects(/403 POST \/fn\/revoke/);
      await sessions.revoke(second).click();
      await new ConfirmPage(laptop).cancel.click();
      await expect(sessions.rows).toHaveCount(3);
      expect(await phone.whoAmI()).toBe(ada.name);
    });

    test("a device that has gone meanwhile is told", async () => {
      const [laptop, phone] = devices;
      const sessions = await new SessionsPage(laptop).open();
      await isStale(laptop);
      if (javaScriptEnabled) laptop.expects(/403 POST \/fn\/revoke/);
      await sessions.revoke(second).click();
      const confirm = new ConfirmPage(laptop);
      await expect(confirm.heading).toBeVisible();
      await phone.post("sign-out", {});
      await confirm.confirm(ada.password, "Revoke");
      await expect(laptop.page.getByRole("alert")).toContainText("already ended");
      await expect(sessions.rows).toHaveCount(2);
    });

    test("who signs out here is asked for nothing", async () => {
      const [laptop, phone] = devices;
      const sessions = await new SessionsPage(laptop).open();
      await isStale(laptop);
      await sessions.revoke(first).click();
      await expect(new EntryPage(laptop).email).toBeVisible();
      expect(await laptop.whoAmI()).toBeUndefined();
      expect(await phone.whoAmI()).toBe(ada.name);
    });
  });
}

test("the other tabs go on, and hear what happens", async ({ device, startServer }) => {
  const ada = person("Ada Lovelace");
  const { origin } = await startServer({ MULTI_SESSION_FRESH_AGE: "1s" });
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
  await new ConfirmPage(laptop).confirm(ada.password, "Revoke");
  await expect(sessions.labels).toHaveText([first]);
  await expect(there.labels).toHaveText([first]);
  const desktop = await device(third, {}, origin);
  await desktop.signIn(ada);
  await expect(there.labels).toHaveText([first, third]);
  await expect(there.heading).toBeVisible();
  expect(await laptop.whoAmI()).toBe(ada.name);
});

test("an address that asks for something else leads nowhere", async ({ device, startServer }) => {
  const { origin } = await startServer({ MULTI_SESSION_FRESH_AGE: "1s" });
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

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing serious in ${colorScheme}`, async ({ device, startServer }) => {
    const { origin } = await startServer({ MULTI_SESSION_FRESH_AGE: "1s" });
    const laptop = await device(first, { colorScheme }, origin);
    await laptop.signUp(person("Ada Lovelace"));
    await isStale(laptop);
    const confirm = new ConfirmPage(laptop);
    await laptop.page.goto(`${origin}/confirm?act=/fn/revoke-others&session_id=`);
    await expect(confirm.heading).toBeVisible();
    await isAccessible(laptop, "confirm");
    await confirm.confirm("not the password", "Sign out other devices");
    await expect(confirm.alert).toBeVisible();
    await isAccessible(laptop, "confirm with an error");
  });
}
