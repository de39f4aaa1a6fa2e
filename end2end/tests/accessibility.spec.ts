import { isAccessible } from "../fixtures/accessible";
import { expect, person, signedIn, test } from "../fixtures/test";
import { ChangePasswordPage } from "../pages/change-password";
import { EntryPage } from "../pages/entry";
import { SessionsPage } from "../pages/sessions";
import { Switcher } from "../pages/switcher";

test("axe finds nothing serious", async ({ device }) => {
  // Twenty pages and states, one or two seconds each.
  test.slow();
  const [grace, ada] = [person("Grace Hopper"), person("Ada Lovelace")];
  const nobody = await device("Edge on Windows");
  const entry = await new EntryPage(nobody).openSignIn();
  await isAccessible(nobody, "sign-in");
  nobody.expects(/401 POST \/fn\/sign-in/);
  await entry.signIn(ada, "no account yet");
  await expect(entry.alert).toBeVisible();
  await isAccessible(nobody, "sign-in with an error");
  await entry.openSignUp();
  await isAccessible(nobody, "sign-up");
  nobody.expects(/404 GET \/nothing\/here/);
  await nobody.open("/nothing/here");
  await isAccessible(nobody, "not found");
  await nobody.page.goto(`${nobody.origin}/api/auth/error?error=INVALID_CALLBACK_URL`);
  await isAccessible(nobody, "the error page");

  const [laptop] = await signedIn(device, ada, ["Firefox on macOS", "Safari on iPhone"]);
  await laptop.signUp(grace);
  await laptop.signIn(ada);
  const sessions = await new SessionsPage(laptop).open();
  await isAccessible(laptop, "sessions");
  const password = await new ChangePasswordPage(laptop).open();
  await isAccessible(laptop, "change of password");
  laptop.expects(/400 POST \/fn\/change-password/);
  await password.change("not the password", "another password");
  await expect(password.alert).toBeVisible();
  await isAccessible(laptop, "change of password with an error");
  await sessions.open();
  await new Switcher(laptop).open();
  await isAccessible(laptop, "switcher");
  await laptop.page.keyboard.press("Escape");
  await sessions.signOutOthers.click();
  await expect(sessions.dialog("Sign out other devices?")).toBeVisible();
  await isAccessible(laptop, "dialog");
  await laptop.page.keyboard.press("Escape");
  await sessions.signOutEverywhere.click();
  await expect(sessions.dialog("Sign out everywhere?")).toBeVisible();
  await isAccessible(laptop, "the other dialog");
  await laptop.page.keyboard.press("Escape");
  await sessions.row("Safari on iPhone").getByText("Details").click();
  await isAccessible(laptop, "raw user agent");
  await sessions.revoke("Safari on iPhone").click();
  await expect(sessions.undo("Safari on iPhone")).toBeFocused();
  await isAccessible(laptop, "the row with Undo");
  laptop.expects(/failed GET \/fn\/list-device-sessions/);
  await laptop.page.route("**/fn/list-device-sessions*", (route) => route.abort());
  await sessions.otherAccounts.getByRole("button", { name: "Revoke Grace Hopper" }).click();
  await expect(laptop.page.getByRole("link", { name: "Try again" })).toBeVisible();
  await isAccessible(laptop, "a list that could not be loaded");
  await laptop.page.unroute("**/fn/list-device-sessions*");
  await laptop.signUp(person("Grace Hopper"));
  await laptop.signIn(ada);
  await laptop.post("multi-session/revoke-all", {});
  await new EntryPage(laptop).openSignIn();
  await isAccessible(laptop, "sign-in with accounts");
});

test("a screen reader reads the sign-in page in order", async ({ device }) => {
  const laptop = await device("Firefox on macOS");
  await new EntryPage(laptop).openSignIn();
  await expect(laptop.page.getByRole("main")).toMatchAriaSnapshot(`
    - main:
      - heading "Sign in" [level=1]
      - paragraph: See every device signed in to your account.
      - text: Email
      - textbox "Email"
      - text: Password
      - textbox "Password"
      - button "Show password"
      - group "On this device":
        - radio "Stay signed in" [checked]
        - radio "Until I close the browser"
        - radio "This is a shared computer Also signs you out after 30 minutes without activity."
      - button "Sign in"
      - paragraph:
        - text: New here?
        - link "Create an account"
  `);
});

test("everything can be reached with the keyboard", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const phone = await device("Safari on iPhone");
  await phone.signUp(ada);
  const laptop = await device("Firefox on macOS");
  const { keyboard } = laptop.page;
  laptop.expects(/404 GET \/nothing/);
  await laptop.open("/nothing");
  await keyboard.press("Tab");
  await expect(laptop.page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  const focusOn = async (name: string) => {
    for (let presses = 0; presses < 40; presses += 1) {
      await keyboard.press("Tab");
      const focused = laptop.page.locator(":focus");
      const text = await focused.evaluate((element) => {
        const label = (element as HTMLInputElement).labels?.[0]?.textContent;
        return element.getAttribute("aria-label") ?? label ?? element.textContent ?? "";
      });
      if (text.trim() === name) return;
    }
    throw new Error(`the keyboard does not reach ${name}`);
  };
  const entry = await new EntryPage(laptop).openSignIn();
  // It has the focus already.
  await expect(entry.email).toBeFocused();
  await keyboard.type(ada.email);
  await focusOn("Password");
  await keyboard.type(ada.password);
  await keyboard.press("Enter");
  await expect(new SessionsPage(laptop).heading).toBeVisible();
  await laptop.isHydrated();
  await focusOn("Revoke Safari on iPhone");
  await keyboard.press("Enter");
  await expect(new SessionsPage(laptop).rows).toHaveCount(1);
  expect(await phone.whoAmI()).toBeUndefined();
});

test("no page scrolls sideways on a phone", async ({ device }) => {
  const ada = person("Ada Wilhelmina Featherstonehaugh-Cholmondeley Lovelace");
  const phone = await device("Safari on iPhone", { viewport: { width: 390, height: 844 } });
  const width = () => phone.page.evaluate(() => document.documentElement.scrollWidth);
  const fits = async (path: string) => {
    await phone.open(path);
    expect(await width(), path).toBeLessThanOrEqual(390);
  };
  phone.expects(/404 GET \/nothing/);
  for (const path of ["/sign-in", "/sign-up", "/nothing"]) await fits(path);
  await phone.signUp(person("Grace Hopper"));
  await phone.signUp(ada);
  for (const path of ["/sessions", "/sessions?confirm=everywhere", "/change-password", "/sign-in?add=1"]) await fits(path);

  const sessions = await new SessionsPage(phone).open();
  await sessions.rows.first().getByText("Details").click();
  const menu = await new Switcher(phone).open();
  await expect(menu.add).toBeVisible();
  expect(await width(), "with the menu and a user agent").toBeLessThanOrEqual(390);
  await phone.post("multi-session/revoke-all", {});
  await fits("/sign-in");
  await expect(new EntryPage(phone).heldAccounts).toHaveCount(1);
});
