import { join } from "node:path";

import { MailServer } from "../fixtures/mail";
import { expect, failsToSignIn, person, signedIn, test } from "../fixtures/test";
import { ChangePasswordPage } from "../pages/change-password";
import { ChooseDevicePage } from "../pages/choose-device";
import { ConfirmPage, isStale } from "../pages/confirm";
import { EntryPage } from "../pages/entry";
import { HistoryPage } from "../pages/history";
import { MailedPages } from "../pages/mailed";
import { SessionsPage } from "../pages/sessions";
import { StepUpDialog } from "../pages/step-up";
import { Switcher } from "../pages/switcher";

const folder = process.env.SCREENSHOTS;

for (const [width, height] of [[1280, 860], [390, 844]] as const) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`pictures at ${width} px in ${colorScheme}`, async ({ device }) => {
      test.skip(!folder, "SCREENSHOTS names the folder to put them into");
      // Failures are written every fifteen seconds.
      test.slow();
      const options = { colorScheme, viewport: { width, height } };
      const [grace, ada] = [person("Grace Hopper"), person("Ada Lovelace")];
      const [laptop] = await signedIn(
        device,
        ada,
        ["Firefox on macOS", "Safari on iPhone", "Chrome on Windows"],
        options,
      );
      const picture = async (name: string) => {
        await laptop.animationsFinished();
        await laptop.page.screenshot({ path: join(folder!, `${name}-${width}-${colorScheme}.png`) });
      };
      await laptop.signUp(grace);
      await laptop.signIn(ada);
      const sessions = await new SessionsPage(laptop).open();
      await picture("sessions");
      await failsToSignIn(laptop, ada, 7);
      const history = new HistoryPage(laptop);
      await expect(async () => {
        await history.open();
        await expect(history.sentences.first()).toHaveText(/7 times/, { timeout: 500 });
      }).toPass();
      await picture("history");
      await sessions.open();
      await picture("failed-sign-ins");
      await new EntryPage(laptop).openSignIn("?add=1");
      await picture("add-account");
      await laptop.page.goto(`${laptop.origin}/history?show=changes`);
      await picture("history-empty");
      await sessions.open();
      await sessions.row("Chrome on Windows").getByText("Details").click();
      await new Switcher(laptop).open();
      await picture("switcher");
      await laptop.page.keyboard.press("Escape");
      await sessions.signOutOthers.click();
      await expect(sessions.dialog("Sign out other devices?")).toBeVisible();
      await picture("dialog");
      await laptop.page.keyboard.press("Escape");
      await sessions.signOutEverywhere.click();
      await expect(sessions.dialog("Sign out everywhere?")).toBeVisible();
      await picture("dialog-everywhere");
      await laptop.page.keyboard.press("Escape");
      await sessions.revoke("Safari on iPhone").click();
      await expect(sessions.rows).toHaveCount(2);
      await picture("toast");
      await new ChangePasswordPage(laptop).open();
      await picture("change-password");
      await sessions.open();
      laptop.expects(/failed GET \/fn\/list-device-sessions/);
      await laptop.page.route("**/fn/list-device-sessions*", (route) => route.abort());
      await sessions.revoke("Chrome on Windows").click();
      await expect(laptop.page.getByRole("alert").first()).toBeVisible();
      await picture("failure");
      await laptop.page.unroute("**/fn/list-device-sessions*");
      laptop.expects(/404 GET \/nothing/);
      await laptop.open("/nothing");
      await picture("not-found");
      await laptop.post("multi-session/revoke-all", {});
      const entry = await new EntryPage(laptop).openSignIn();
      await picture("sign-in-held");
      laptop.expects(/401 POST \/fn\/sign-in/);
      await entry.signIn(ada, "not the password");
      await expect(entry.alert).toBeVisible();
      await picture("sign-in-error");
      await entry.openSignUp();
      await picture("sign-up");
    });

    test(`pictures of the confirmation and a shared computer at ${width} px in ${colorScheme}`, async ({ device, startServer }) => {
      test.skip(!folder, "SCREENSHOTS names the folder to put them into");
      const { origin } = await startServer({ MULTI_SESSION_FRESH_AGE: "1s" });
      const laptop = await device("Firefox on macOS", { colorScheme, viewport: { width, height } }, origin);
      const picture = async (name: string) => {
        await laptop.page.screenshot({ path: join(folder!, `${name}-${width}-${colorScheme}.png`) });
      };
      const ada = person("Ada Lovelace");
      await laptop.signUp(ada);
      const phone = await device("Safari on iPhone", { colorScheme, viewport: { width, height } }, origin);
      await phone.signIn(ada);
      await isStale(laptop);
      const confirm = new ConfirmPage(laptop);
      await laptop.page.goto(`${origin}/confirm?act=/fn/revoke&session_id=${await phone.sessionId()}`);
      await expect(confirm.heading).toBeVisible();
      await picture("confirm");
      await confirm.confirm("not the password", "Revoke");
      await expect(confirm.alert).toBeVisible();
      await picture("confirm-error");
      const dialog = new StepUpDialog(laptop);
      const list = await new SessionsPage(laptop).open();
      laptop.expects(/403 POST \/fn\/revoke/);
      laptop.expects(/400 POST \/fn\/reauthenticate/);
      await list.revoke("Safari on iPhone").click();
      await expect(dialog.password).toBeFocused();
      await laptop.animationsFinished();
      await picture("step-up");
      await dialog.confirm("not the password");
      await expect(dialog.alert).toBeVisible();
      await picture("step-up-error");
      await dialog.cancel.click();
      const entry = await new EntryPage(phone).openSignIn("?add=1");
      await entry.sharedComputer.check();
      await phone.page.screenshot({ path: join(folder!, `shared-form-${width}-${colorScheme}.png`) });
      await entry.signIn(ada);
      await expect(new SessionsPage(phone).heading).toBeVisible();
      await new SessionsPage(laptop).open();
      await picture("shared");
    });

    test(`pictures of the limit of devices at ${width} px in ${colorScheme}`, async ({ device, startServer }) => {
      test.skip(!folder, "SCREENSHOTS names the folder to put them into");
      const limited = { MULTI_SESSION_MAXIMUM_SESSIONS: "3", MULTI_SESSION_REVOKE_OLDEST_ON_MAX: "false" };
      const { origin } = await startServer(limited);
      const ada = person("Ada Lovelace");
      const laptop = await device("Firefox on macOS", {}, origin);
      await laptop.signUp(ada);
      for (const label of ["Safari on iPhone", "Edge on Windows"] as const) {
        await (await device(label, {}, origin)).signIn(ada);
      }
      const sessionId = await laptop.sessionId();
      await laptop.post("multi-session/rename", { sessionId, name: "The computer in the living room, which everybody uses" });
      const desktop = await device("Chrome on Windows", { colorScheme, viewport: { width, height } }, origin);
      const picture = async (name: string) => {
        await desktop.animationsFinished();
        await desktop.page.screenshot({ path: join(folder!, `${name}-${width}-${colorScheme}.png`) });
      };
      desktop.expects(/403 POST \/fn\/sign-in/);
      await (await new EntryPage(desktop).openSignIn()).signIn(ada);
      const choice = new ChooseDevicePage(desktop);
      await expect(choice.heading).toBeVisible();
      await picture("choose-device");
      await laptop.post("sign-out", {});
      await (await device("Firefox on macOS", {}, origin)).signIn(ada);
      await choice.labels.first().waitFor();
      await choice.signOut("The computer in the living room, which everybody uses").click();
      await expect(choice.alert).toBeVisible();
      await picture("choose-device-gone");
      await choice.cancel.click();
      await desktop.open("/choose-device");
      await expect(choice.signInAgain).toBeVisible();
      await picture("choose-device-too-late");
    });

    test(`pictures of what goes by mail at ${width} px in ${colorScheme}`, async ({ device, startServer }) => {
      test.skip(!folder, "SCREENSHOTS names the folder to put them into");
      const mails = await MailServer.start();
      const { origin } = await startServer(mails.settings);
      const options = { colorScheme, viewport: { width, height } };
      const laptop = await device("Firefox on macOS", options, origin);
      const picture = async (name: string) => {
        await laptop.animationsFinished();
        await laptop.page.screenshot({ path: join(folder!, `${name}-${width}-${colorScheme}.png`) });
      };
      const ada = person("Ada Lovelace");
      await laptop.signUp(ada);
      const phone = await device("Safari on iPhone", options, origin);
      await phone.signIn(ada);
      await laptop.post("change-password", { currentPassword: ada.password, newPassword: ada.password });
      const notMe = await mails.link(ada.email, "Your Multi-session password was changed");
      const sessions = await new SessionsPage(laptop).open();
      await picture("mail-sessions");
      const pages = new MailedPages(laptop);
      await sessions.more("Safari on iPhone", "I don't recognize this");
      await picture("not-me");
      await pages.follow(notMe);
      await picture("not-me-link");
      await laptop.page.goBack();
      await pages.notMe.click();
      await expect(pages.heading("Check your email")).toBeVisible();
      await picture("not-me-done");
      await pages.sendAgain.click();
      await expect(laptop.page.getByText("We've sent it again")).toBeVisible();
      await picture("not-me-again");
      await new HistoryPage(laptop).open();
      await picture("locked-banner");
      await laptop.page.goto(`${origin}/change-password`);
      await picture("change-password-locked");
      await pages.follow(await mails.link(ada.email, "Choose a new Multi-session password"));
      await picture("reset-password");
      await laptop.page.goto(`${origin}/reset-password?token=x`);
      await picture("reset-password-gone");
      await laptop.page.goto(`${origin}/not-me?token=x`);
      await picture("not-me-gone");
      const left = async (value: string) =>
        laptop.context.addCookies([{ name: "multi-session.notice", value, url: origin }]);
      await left("not-me.password");
      await laptop.page.goto(`${origin}/not-me?done=password`);
      await picture("not-me-password");
      await left("not-me.change");
      await laptop.page.goto(`${origin}/not-me?done=change`);
      await picture("not-me-change");
      await laptop.page.goto(`${origin}/forgot-password`);
      await picture("forgot-password");
      await pages.request(ada.email);
      await picture("forgot-password-sent");
      await new EntryPage(phone).openSignIn();
      await phone.page.screenshot({ path: join(folder!, `sign-in-forgot-${width}-${colorScheme}.png`) });
      await phone.page.goto(`${origin}/sessions`);
      await phone.page.screenshot({ path: join(folder!, `signed-out-elsewhere-${width}-${colorScheme}.png`) });
      await mails.stop();
    });
  }
}
