import { isAccessible } from "../fixtures/accessible";
import { MailServer } from "../fixtures/mail";
import { expect, person, test } from "../fixtures/test";
import { EntryPage } from "../pages/entry";
import { HistoryPage } from "../pages/history";
import { MailedPages } from "../pages/mailed";
import { SessionsPage } from "../pages/sessions";

for (const javaScriptEnabled of [true, false]) {
  test(`a browser never seen is marked and mailed, ${javaScriptEnabled ? "with" : "without"} JavaScript`, async ({
    device,
    startServer,
  }) => {
    const mails = await MailServer.start();
    const { origin } = await startServer(mails.settings);
    const ada = person("Ada Lovelace");
    const laptop = await device("Firefox 145 on macOS", { javaScriptEnabled }, origin);
    await laptop.signUp(ada);
    const phone = await device("Safari 26 on iOS", { javaScriptEnabled }, origin);
    await (await new EntryPage(phone).openSignIn()).signIn(ada);
    await expect(new SessionsPage(phone).heading).toBeVisible();

    const sessions = await new SessionsPage(laptop).open();
    await expect(sessions.row("Safari 26 on iOS")).toContainText("New device");
    await expect(sessions.row("Firefox 145 on macOS")).not.toContainText("New device");
    if (javaScriptEnabled) await isAccessible(laptop, "the banner of a new device");
    await sessions.newSignIn("Safari 26 on iOS").getByRole("link", { name: "This wasn't me" }).click();
    await expect(laptop.page.getByRole("heading", { name: "This wasn't you?" })).toBeVisible();
    await expect(laptop.page.getByText("Safari 26 on iOS")).toBeVisible();
    await expect(new SessionsPage(phone).newSignIn("Firefox 145 on macOS")).toHaveCount(0);
    await new HistoryPage(laptop).open();
    await expect(laptop.page.getByText("First sign-in from this device")).toHaveCount(1);

    const pages = new MailedPages(laptop);
    await pages.follow(await mails.link(ada.email, "New sign-in to your account"));
    await pages.notMe.click();
    await expect(pages.heading("Choose a new password")).toBeVisible();
    expect(await phone.whoAmI()).toBeUndefined();
    // Its page is on its way to say so: a browser that is closed meanwhile may not close.
    if (javaScriptEnabled) await expect(phone.page.getByRole("alert")).toContainText("reported as somebody else's");
    await mails.stop();
  });
}

test("a browser that was seen before is no news", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const laptop = await device("Firefox 145 on macOS");
  await laptop.signUp(ada);
  await laptop.post("sign-out", {});
  await (await new EntryPage(laptop).openSignIn()).signIn(ada);
  const sessions = new SessionsPage(laptop);
  await expect(sessions.heading).toBeVisible();
  await expect(sessions.row("Firefox 145 on macOS")).not.toContainText("New device");
});
