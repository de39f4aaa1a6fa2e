import { isAccessible } from "../fixtures/accessible";
import { MailServer } from "../fixtures/mail";
import { expect, person, test } from "../fixtures/test";
import { EntryPage } from "../pages/entry";
import { HistoryPage } from "../pages/history";
import { MailedPages } from "../pages/mailed";
import { SessionsPage } from "../pages/sessions";

for (const javaScriptEnabled of [true, false]) {
  test(`a new device is marked and mailed about, ${javaScriptEnabled ? "with" : "without"} JavaScript`, async ({
    device,
    startServer,
  }) => {
    const mails = await MailServer.start();
    const { origin } = await startServer(mails.settings);
    const ada = person("Ada Lovelace");
    const laptop = await device("Firefox on macOS", { javaScriptEnabled }, origin);
    await laptop.signUp(ada);
    const phone = await device("Safari on iPhone", { javaScriptEnabled }, origin);
    await (await new EntryPage(phone).openSignIn()).signIn(ada);
    await expect(new SessionsPage(phone).heading).toBeVisible();

    const sessions = await new SessionsPage(laptop).open();
    await expect(sessions.row("Safari on iPhone")).toContainText("New device");
    await expect(sessions.row("Firefox on macOS")).not.toContainText("New device");
    if (javaScriptEnabled) await isAccessible(laptop, "the banner of a new device");
    await sessions.newSignIn("Safari on iPhone").getByRole("link", { name: "No, secure my account" }).click();
    await expect(laptop.page.getByRole("heading", { name: "Wasn't you?" })).toBeVisible();
    await expect(laptop.page.getByText("Safari on iPhone").first()).toBeVisible();
    await expect(new SessionsPage(phone).newSignIn("Firefox on macOS")).toHaveCount(0);
    await new HistoryPage(laptop).open();
    await expect(laptop.page.getByText("Signed in with password on a new device")).toHaveCount(1);

    const pages = new MailedPages(laptop);
    await pages.follow(await mails.link(ada.email, "New sign-in to your Multi-session account"));
    await pages.notMe.click();
    await expect(pages.heading("Set a new password")).toBeVisible();
    expect(await phone.whoAmI()).toBeUndefined();
    // Its page is navigating to the explanation. A browser that is closed meanwhile may hang.
    if (javaScriptEnabled) await expect(phone.page.getByRole("alert")).toContainText("because you reported a sign-in");
    await mails.stop();
  });
}

test("a known browser is not a new device", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const laptop = await device("Firefox on macOS");
  await laptop.signUp(ada);
  await laptop.post("sign-out", {});
  await (await new EntryPage(laptop).openSignIn()).signIn(ada);
  const sessions = new SessionsPage(laptop);
  await expect(sessions.heading).toBeVisible();
  await expect(sessions.row("Firefox on macOS")).not.toContainText("New device");
});

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";

  test(`a confirmed new device loses its mark on every device, ${how} JavaScript`, async ({ device }) => {
    const ada = person("Ada Lovelace");
    const laptop = await device("Firefox on macOS", { javaScriptEnabled });
    await laptop.signUp(ada);
    const phone = await device("Safari on iPhone");
    await phone.signIn(ada);
    const desktop = await device("Chrome on Windows");
    await desktop.signIn(ada);
    const onDesktop = await new SessionsPage(desktop).open();
    await desktop.isLive();
    await expect(onDesktop.row("Safari on iPhone")).toContainText("Was this you?");
    await expect(onDesktop.answer("Safari on iPhone", "Yes, it was me"), "it is new itself").toHaveCount(0);
    await expect(onDesktop.answer("Safari on iPhone", "No, secure my account")).toBeVisible();

    const sessions = await new SessionsPage(laptop).open();
    await sessions.answer("Safari on iPhone", "Yes, it was me").click();
    await expect(sessions.toast).toContainText("no longer marked as new");
    await expect(sessions.row("Safari on iPhone")).not.toContainText("New device");
    await expect(sessions.row("Chrome on Windows")).toContainText("New device");
    await expect(onDesktop.row("Safari on iPhone")).not.toContainText("New device");

    await sessions.newSignIn("Chrome on Windows").getByRole("button", { name: "Yes, it was me" }).click();
    await expect(sessions.newSignIn("Chrome on Windows")).toHaveCount(0);
    await expect(sessions.row("Chrome on Windows")).not.toContainText("New device");
  });
}
