import { isAccessible } from "../fixtures/accessible";
import { MailServer } from "../fixtures/mail";
import { expect, person, signedIn, test } from "../fixtures/test";
import { EntryPage } from "../pages/entry";
import { MailedPages } from "../pages/mailed";
import { SessionsPage } from "../pages/sessions";
import { Switcher } from "../pages/switcher";

const [laptopIs, phoneIs] = ["Firefox on macOS", "Safari on iPhone"] as const;

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";

  test(`${how} JavaScript a refused sign-in keeps the email and asks for the password again`, async ({ device }) => {
    const ada = person("Ada Lovelace");
    await (await device(phoneIs)).signUp(ada);
    const laptop = await device(laptopIs, { javaScriptEnabled });
    const entry = await new EntryPage(laptop).openSignIn();
    await expect(entry.email).toBeFocused();
    if (javaScriptEnabled) laptop.expects(/401 POST \/fn\/sign-in/);
    await entry.signIn(ada, "not the password");
    await expect(entry.alert).toContainText("Wrong email or password.");
    await expect(entry.email).toHaveValue(ada.email);
    await expect(entry.password).toBeFocused();
    expect(laptop.page.url()).not.toContain(encodeURIComponent(ada.email));
    expect(laptop.page.url()).not.toContain(ada.email);
    await entry.password.fill(ada.password);
    await laptop.page.keyboard.press("Enter");
    await expect(new SessionsPage(laptop).heading).toBeVisible();
  });

  test(`${how} JavaScript a refused sign-up keeps the name and the email, and no password`, async ({ device }) => {
    const ada = person("Ada Lovelace");
    await (await device(phoneIs)).signUp(ada);
    const laptop = await device(laptopIs, { javaScriptEnabled });
    const entry = await new EntryPage(laptop).openSignUp();
    await expect(entry.name).toBeFocused();
    if (javaScriptEnabled) laptop.expects(/422 POST \/fn\/sign-up/);
    await entry.signUp(ada);
    await expect(entry.alert).toBeVisible();
    await expect(entry.name).toHaveValue(ada.name);
    await expect(entry.email).toHaveValue(ada.email);
    await expect(entry.email).toBeFocused();
    if (!javaScriptEnabled) await expect(entry.password).toHaveValue("");
    await entry.openSignUp();
    await expect(entry.name).toHaveValue("");
  });

  test(`${how} JavaScript adding an account can be completed or cancelled`, async ({ device }) => {
    const [grace, ada] = [person("Grace Hopper"), person("Ada Lovelace")];
    await (await device(phoneIs)).signUp(grace);
    const laptop = await device(laptopIs, { javaScriptEnabled });
    await laptop.signUp(ada);
    const sessions = await new SessionsPage(laptop).open();
    const switcher = new Switcher(laptop);
    await (await switcher.open()).add.click();
    const entry = new EntryPage(laptop);
    await expect(entry.heading).toHaveText("Add an account");
    await expect(laptop.page).toHaveTitle(/^Add an account/);
    await expect(entry.heldAccounts).toHaveCount(0);
    await expect(entry.email).toBeFocused();
    await entry.openSignIn("?add=1");
    if (javaScriptEnabled) await isAccessible(laptop, "adding an account");
    await entry.cancel.click();
    await expect(sessions.heading).toBeVisible();
    await (await switcher.open()).add.click();
    await entry.signIn(grace);
    await expect(switcher.summary).toContainText(grace.name);
  });

  test(`${how} JavaScript a browser signed out elsewhere gets an explanation and a link to reset the password`, async ({
    device,
    startServer,
  }) => {
    const mails = await MailServer.start();
    const { origin } = await startServer(mails.settings);
    const ada = person("Ada Lovelace");
    const laptop = await device(laptopIs, {}, origin);
    await laptop.signUp(ada);
    const phone = await device(phoneIs, { javaScriptEnabled }, origin);
    await phone.signIn(ada);
    await new SessionsPage(phone).open();
    await laptop.post("multi-session/revoke-others", {});
    if (!javaScriptEnabled) await phone.page.goto(`${origin}/sessions`);
    const entry = new EntryPage(phone);
    await expect(entry.alert).toContainText(`You were signed out by your other device (${laptopIs}) just now.`);
    await expect(phone.page.getByRole("status")).toBeEmpty();
    if (javaScriptEnabled) await isAccessible(phone, "signed out elsewhere");
    await phone.page.getByRole("link", { name: "Not you? Reset your password" }).click();
    await expect(new MailedPages(phone).heading("Forgot your password?")).toBeVisible();
    await mails.stop();
  });
}

test("signing out oneself offers no password reset", async ({ device }) => {
  const [laptop] = await signedIn(device, person("Ada Lovelace"), [laptopIs]);
  await new SessionsPage(laptop).open();
  await (await new Switcher(laptop).open()).signOut.click();
  await expect(new EntryPage(laptop).email).toBeVisible();
  await expect(laptop.page.getByText("Not you?")).toHaveCount(0);
});

test("Try again shows that it is loading", async ({ device }) => {
  const [laptop] = await signedIn(device, person("Ada Lovelace"), [laptopIs]);
  await new SessionsPage(laptop).open();
  laptop.expects(/failed GET \/fn\/read-history/);
  await laptop.page.route("**/fn/read-history*", (route) => route.abort());
  await laptop.page.getByRole("navigation", { name: "Your account" }).getByRole("link", { name: "Activity" }).click();
  const again = laptop.page.getByRole("link", { name: "Try again" });
  await expect(again).not.toHaveAttribute("aria-busy", "true");
  // It stays on the page, as with a slow network.
  await laptop.page.evaluate(() => addEventListener("click", (event) => event.preventDefault(), { once: true }));
  await again.click();
  await expect(again).toHaveAttribute("aria-busy", "true");
  await laptop.page.unroute("**/fn/read-history*");
  await again.click();
  await expect(laptop.page.getByRole("heading", { level: 1, name: "Activity" })).toBeVisible();
});
