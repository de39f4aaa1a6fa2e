import { readFile } from "node:fs/promises";

import { isAccessible } from "../fixtures/accessible";
import { MailServer } from "../fixtures/mail";
import { type Device, type Label, expect, person, test } from "../fixtures/test";
import { EntryPage } from "../pages/entry";
import { HistoryPage } from "../pages/history";
import { MailedPages } from "../pages/mailed";
import { SessionsPage } from "../pages/sessions";

const [first, second, third] = ["Firefox on macOS", "Safari on iPhone", "Chrome on Windows"] as const;
const another = "another good password";

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with JavaScript" : "without JavaScript";

  test.describe(`mail ${how}`, () => {
    const ada = person("Ada Lovelace");
    let mails: MailServer;
    let open: (label: Label) => Promise<Device>;
    const accessible = async (device: Device, where: string) => {
      if (javaScriptEnabled) await isAccessible(device, where);
    };
    /** The link of the mail about a password change. */
    const changed = async (by: Device) => {
      await by.post("change-password", { currentPassword: ada.password, newPassword: ada.password });
      return mails.link(ada.email, "Your Multi-session password was changed");
    };

    test.beforeEach(async ({ device, startServer }) => {
      mails = await MailServer.start();
      const { origin } = await startServer(mails.settings);
      open = (label) => device(label, { javaScriptEnabled }, origin);
    });
    test.afterEach(async () => mails.stop());

    test("the mailed link sets a new password once", async () => {
      const laptop = await open(first);
      await laptop.signUp(ada);
      const phone = await open(second);
      const entry = await new EntryPage(phone).openSignIn();
      const pages = new MailedPages(phone);
      await pages.forgot.click();
      await expect(pages.heading("Forgot your password?")).toBeVisible();
      await expect(phone.page).toHaveTitle(/^Forgot your password/);
      await accessible(phone, "the page of a forgotten password");
      await pages.request(ada.email);
      await expect(phone.page).toHaveTitle(/^Check your email/);
      await accessible(phone, "the page after it");

      const link = await mails.link(ada.email, "Reset your Multi-session password");
      await pages.follow(link);
      await accessible(phone, "the page for a new password");
      await pages.newPassword.fill("1234567");
      await pages.newPassword.evaluate((input: HTMLInputElement) => input.removeAttribute("minlength"));
      await phone.page.getByRole("button", { name: "Set password" }).click();
      await expect(pages.alert).toContainText("at least 8 characters");
      await pages.choose(another);
      await expect(new SessionsPage(phone).toast).toContainText("Your password was changed.");
      expect(await laptop.whoAmI()).toBeUndefined();
      await entry.signIn(ada, another);
      await expect(new SessionsPage(phone).heading).toBeVisible();

      await pages.follow(link);
      await expect(pages.heading("This link has expired or was already used")).toBeVisible();
      await accessible(phone, "the page of a link that was used");
    });

    test("reporting a device signs it out and the mailed link sets a new password", async () => {
      const [laptop, phone] = [await open(first), await open(third)];
      await laptop.signUp(ada);
      await phone.signIn(ada);
      const sessions = await new SessionsPage(laptop).open();
      const pages = new MailedPages(laptop);
      await expect(sessions.row(first)).not.toContainText("I don't recognize this");
      await sessions.more(third, "I don't recognize this");
      await expect(pages.heading("Wasn't you?")).toBeVisible();
      await expect(pages.fact("Account")).toHaveText(ada.email);
      await expect(pages.fact("Device")).toHaveText(third);
      await expect(pages.fact("Signed in")).toHaveText("just now");
      await expect(pages.fact("From")).toHaveText("127.0.0.1");
      await accessible(laptop, "the page of a device that was not me");
      expect(await phone.whoAmI()).toBe(ada.name);
      await pages.notMe.click();

      await expect(pages.heading("Check your email")).toBeVisible();
      await expect(laptop.page.getByRole("main")).toContainText(ada.email);
      await expect(pages.link("Export your activity")).toHaveAttribute("href", "/history");
      await accessible(laptop, "the page after it");
      await pages.sendAgain.click();
      await expect(laptop.page.getByText("We've sent it again")).toBeVisible();
      await expect(pages.heading("Check your email")).toBeVisible();

      // Until the new password is set, every page says so, and none asks for the old one.
      const banner = laptop.page.getByRole("region", { name: "Password locked" });
      for (const path of ["/sessions", "/history"]) {
        await laptop.open(path);
        await expect(banner).toContainText("Your password is locked.");
      }
      await accessible(laptop, "the activity while the password is locked");
      await banner.getByRole("link", { name: "Set a new password" }).click();
      await expect(laptop.page).toHaveURL(/\/change-password$/);
      await expect(pages.heading("Check your email")).toBeVisible();
      await expect(laptop.page.locator("input[type=password]")).toHaveCount(0);
      await expect(banner).toHaveCount(0);
      await accessible(laptop, "the page of the password while it is locked");
      await laptop.open("/not-me");
      await expect(pages.heading("Check your email")).toBeVisible();
      expect([await laptop.whoAmI(), await phone.whoAmI()]).toEqual([ada.name, undefined]);
      const entry = await new EntryPage(phone).openSignIn();
      if (javaScriptEnabled) phone.expects(/403 POST \/fn\/sign-in/);
      await entry.signIn(ada);
      await expect(entry.alert.filter({ hasText: "This password is locked" })).toBeVisible();

      await pages.follow(await mails.link(ada.email, "Choose a new Multi-session password"));
      await pages.choose(another);
      await expect(sessions.toast).toContainText("Your password was changed.");
      await new EntryPage(laptop).signIn(ada, another);
      await expect(sessions.labels).toHaveText([first]);
      await expect(banner).toHaveCount(0);
    });

    test("the mailed report link signs everybody out, sets a new password and offers the export", async () => {
      const [laptop, thief] = [await open(first), await open(third)];
      await laptop.signUp(ada);
      await thief.signIn(ada);
      const link = await changed(thief);
      const pages = new MailedPages(laptop);
      await pages.follow(link);
      await expect(pages.heading("Wasn't you?")).toBeVisible();
      await expect(pages.fact("Account")).toHaveText(ada.email);
      await expect(pages.fact("Device")).toHaveText(third);
      await accessible(laptop, "the page of a mail that was not me");
      expect(await thief.whoAmI()).toBe(ada.name);
      await pages.notMe.click();
      await expect(pages.heading("Set a new password")).toBeVisible();
      expect(await thief.whoAmI()).toBeUndefined();
      await pages.choose(another);
      await expect(pages.heading("Password changed")).toBeVisible();
      await accessible(laptop, "the page after the new password");

      await pages.link("Export your activity").click();
      await laptop.isHydrated();
      const entry = new EntryPage(laptop);
      if (javaScriptEnabled) laptop.expects(/401 POST \/fn\/sign-in/);
      await entry.signIn(ada);
      await expect(entry.alert.filter({ hasText: "Wrong email or password." })).toBeVisible();
      await entry.signIn(ada, another);
      const history = new HistoryPage(laptop);
      await expect(history.heading).toHaveText("Activity");
      const download = laptop.page.waitForEvent("download");
      await history.export("CSV").click();
      expect(await readFile(await (await download).path(), "utf8")).toContain(",reported,");
      const sessions = await new SessionsPage(laptop).open();
      await expect(sessions.labels).toHaveText([first]);
      await pages.follow(link);
      await expect(pages.heading("This link has expired or was already used")).toBeVisible();
      await accessible(laptop, "the page of a link that was used");
    });
  });

  test(`${how} and without a mail server features that need one are not offered`, async ({ device }) => {
    const ada = person("Ada Lovelace");
    const laptop = await device(first, { javaScriptEnabled });
    await laptop.signUp(ada);
    const phone = await device(second, { javaScriptEnabled });
    await phone.signIn(ada);
    const stranger = await device(third, { javaScriptEnabled });
    const entry = await new EntryPage(stranger).openSignIn();
    await expect(entry.email).toBeVisible();
    await expect(new MailedPages(stranger).forgot).toBeHidden();

    const sessions = await new SessionsPage(laptop).open();
    await sessions.answer(second, "No, secure my account").click();
    const pages = new MailedPages(laptop);
    await pages.notMe.click();
    await expect(pages.heading("All other devices are signed out")).toBeVisible();
    await expect(laptop.page.getByRole("main")).toContainText("They may know your password, so change it now.");
    await expect(pages.link("Change your password")).toHaveAttribute("href", "/change-password");
    expect([await laptop.whoAmI(), await phone.whoAmI()]).toEqual([ada.name, undefined]);
  });
}
