import { expect, person, signedIn, test } from "../fixtures/test";
import { ChangePasswordPage } from "../pages/change-password";
import { EntryPage } from "../pages/entry";
import { SessionsPage } from "../pages/sessions";
import { Switcher } from "../pages/switcher";

const next = "another correct horse";

for (const javaScriptEnabled of [true, false]) {
  const where = javaScriptEnabled ? "with" : "without";

  test(`${where} JavaScript a password change signs out the other devices`, async ({ device }) => {
    const ada = person("Ada Lovelace");
    const options = { javaScriptEnabled };
    const [laptop, phone] = await signedIn(device, ada, ["Firefox on macOS", "Safari on iPhone"], options);
    const before = await laptop.context.cookies();
    await new SessionsPage(laptop).open();
    await (await new Switcher(laptop).open()).changePassword.click();
    await laptop.isHydrated();
    const page = new ChangePasswordPage(laptop);
    await expect(page.others).toBeChecked();
    await page.change(ada.password, next);

    const sessions = new SessionsPage(laptop);
    await expect(sessions.toast).toContainText("Your password was changed, and your other devices are signed out.");
    await expect(sessions.labels).toHaveText(["Firefox on macOS"]);
    expect(await laptop.whoAmI()).toBe("Ada Lovelace");
    expect(await phone.whoAmI()).toBeUndefined();
    // The session is new, so a copy of the old cookie is refused.
    const after = await laptop.context.cookies();
    expect(after.map(({ value }) => value)).not.toEqual(before.map(({ value }) => value));
    await phone.open("/sign-in");
    const entry = new EntryPage(phone);
    if (javaScriptEnabled) phone.expects(/401 POST \/fn\/sign-in/);
    await entry.signIn(ada);
    // The page also still says how the session ended.
    await expect(entry.alert.filter({ hasText: "Wrong email or password." })).toBeVisible();
    await entry.signIn({ ...ada, password: next });
    await expect(new SessionsPage(phone).rows).toHaveCount(2);
  });

  test(`${where} JavaScript a password change can keep the other devices`, async ({ device }) => {
    const ada = person("Ada Lovelace");
    const options = { javaScriptEnabled };
    const [laptop, phone] = await signedIn(device, ada, ["Firefox on macOS", "Safari on iPhone"], options);
    const page = await new ChangePasswordPage(laptop).open();
    await page.others.uncheck();
    await page.change(ada.password, next);
    const sessions = new SessionsPage(laptop);
    await expect(sessions.toast).toContainText("Your password was changed.");
    await expect(sessions.rows).toHaveCount(2);
    expect(await phone.whoAmI()).toBe("Ada Lovelace");
  });

  test(`${where} JavaScript a wrong current password is reported at its field`, async ({ device }) => {
    const ada = person("Ada Lovelace");
    const [laptop, phone] = await signedIn(device, ada, ["Firefox on macOS", "Safari on iPhone"], {
      javaScriptEnabled,
    });
    const page = await new ChangePasswordPage(laptop).open();
    if (javaScriptEnabled) laptop.expects(/400 POST \/fn\/change-password/);
    await page.change("not the password", next);
    await expect(page.alert).toHaveText("That's not your current password.");
    await expect(page.current).toHaveAccessibleDescription("That's not your current password.");
    if (javaScriptEnabled) await expect(page.current).toBeFocused();
    expect(await phone.whoAmI()).toBe("Ada Lovelace");
    expect(await laptop.whoAmI()).toBe("Ada Lovelace");
  });
}

test("a signed-out person is redirected to sign in", async ({ device }) => {
  const laptop = await device("Firefox on macOS");
  await laptop.open("/change-password");
  await expect(laptop.page).toHaveURL(/\/sign-in/);
});

test("a device signed out meanwhile gets an explanation and nothing changes", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone] = await signedIn(device, ada, ["Firefox on macOS", "Safari on iPhone"]);
  await laptop.blockStream();
  const page = await new ChangePasswordPage(laptop).open();
  await phone.post("multi-session/revoke-others", {});
  laptop.expects(/401 POST \/fn\/change-password/);
  await page.change(ada.password, next);
  await expect(page.alert).toContainText("signed out");
  await phone.signIn(ada);
});
