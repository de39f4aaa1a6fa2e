import { expect, person, test } from "../fixtures/test";
import { EntryPage } from "../pages/entry";
import { SessionsPage } from "../pages/sessions";
import { Switcher } from "../pages/switcher";

const wrong = "Wrong email or password.";

test("a person signs up, signs out and signs in again", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const laptop = await device("Firefox on macOS");
  await laptop.open("/");
  await expect(laptop.page).toHaveURL(/\/sign-in/);
  await laptop.page.getByRole("link", { name: "Create an account" }).click();
  await laptop.isHydrated();
  await new EntryPage(laptop).signUp(ada);

  const sessions = new SessionsPage(laptop);
  await expect(sessions.heading).toBeVisible();
  await expect(sessions.labels).toHaveText(["Firefox on macOS"]);
  await laptop.isHydrated();
  await (await new Switcher(laptop).open()).signOut.click();
  await expect(laptop.page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
  expect(await laptop.whoAmI()).toBeUndefined();

  await laptop.isHydrated();
  await new EntryPage(laptop).signIn(ada);
  await expect(sessions.heading).toBeVisible();
  expect(await laptop.whoAmI()).toBe("Ada Lovelace");
});

for (const javaScriptEnabled of [true, false]) {
  test(`${javaScriptEnabled ? "with" : "without"} JavaScript the page says what is wrong with an email address`, async ({ device }) => {
    const laptop = await device("Firefox on macOS", { javaScriptEnabled });
    const entry = await new EntryPage(laptop).openSignIn();
    const reason = laptop.page.getByText("Enter an email address", { exact: true });
    await entry.email.pressSequentially("ada@");
    await expect(reason).toBeHidden();
    await entry.password.fill("a password");
    await laptop.page.keyboard.press("Enter");
    await expect(reason).toBeVisible();
    await expect(entry.email).toBeFocused();
    await entry.email.pressSequentially("example.org");
    await expect(reason).toBeHidden();
  });
}

test("a wrong password is reported and the input is kept", async ({ device }) => {
  const ada = person("Ada Lovelace");
  await (await device("Chrome on Windows")).signUp(ada);
  const laptop = await device("Firefox on macOS");
  const entry = await new EntryPage(laptop).openSignIn();
  laptop.expects(/401 POST \/fn\/sign-in/);
  await entry.signIn(ada, "not the password");
  await expect(entry.alert).toHaveText(wrong);
  await expect(entry.email).toHaveValue(ada.email);
  await expect(entry.password).toBeFocused();
  await expect(entry.password).toHaveAccessibleDescription(wrong);
  await expect(entry.password).toHaveAttribute("aria-invalid", "true");
  await expect(laptop.page).toHaveURL(/\/sign-in$/);
  await entry.signIn(ada);
  await expect(new SessionsPage(laptop).heading).toBeVisible();
});

test("sign-up with a known email is reported", async ({ device }) => {
  const ada = person("Ada Lovelace");
  await (await device("Chrome on Windows")).signUp(ada);
  const laptop = await device("Firefox on macOS");
  const entry = await new EntryPage(laptop).openSignUp();
  laptop.expects(/422 POST \/fn\/sign-up/);
  await entry.signUp(ada);
  await expect(entry.alert).toContainText("An account with this email already exists.");
  await expect(entry.name).toHaveValue(ada.name);
  await expect(entry.email).toHaveValue(ada.email);
  await expect(entry.email).toBeFocused();
});

test("a password that is too short is not sent", async ({ device }) => {
  const laptop = await device("Firefox on macOS");
  const sent: string[] = [];
  laptop.page.on("request", (request) => sent.push(`${request.method()} ${new URL(request.url()).pathname}`));
  const entry = await new EntryPage(laptop).openSignUp();
  await entry.signUp({ ...person("Ada Lovelace"), password: "short" });
  await expect(entry.password).toBeFocused();
  expect(await entry.password.evaluate((box) => (box as HTMLInputElement).validity.tooShort)).toBe(true);
  expect(sent.filter((request) => request.startsWith("POST"))).toEqual([]);
});

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";

  test(`${how} JavaScript a browser without cookies gets an error and begins no session`, async ({ device }) => {
    const ada = person("Ada Lovelace");
    const phone = await device("Safari on iPhone");
    await phone.signUp(ada);
    const laptop = await device("Firefox on macOS", { javaScriptEnabled });
    const entry = await new EntryPage(laptop).openSignIn();
    await laptop.context.clearCookies();
    if (javaScriptEnabled) laptop.expects(/400 POST \/fn\/sign-in/);
    await entry.signIn(ada);
    await expect(entry.alert).toContainText("blocks cookies");
    await expect((await new SessionsPage(phone).open()).rows).toHaveCount(1);
    // When it accepts cookies again, the same page signs in.
    await entry.signIn(ada);
    await expect(new SessionsPage(laptop).heading).toBeVisible();
  });
}

test("after signing out Back shows nothing private", async ({ device }) => {
  const laptop = await device("Firefox on macOS");
  await laptop.signUp(person("Ada Lovelace"));
  await new SessionsPage(laptop).open();
  await (await new Switcher(laptop).open()).signOut.click();
  await expect(new EntryPage(laptop).email).toBeVisible();
  await laptop.isHydrated();
  const asked: string[] = [];
  laptop.page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await laptop.page.goBack();
  expect(asked).toContain("/sessions");
  await expect(laptop.page).toHaveURL(/\/sign-in/);
  await expect(new SessionsPage(laptop).rows).toHaveCount(0);
});

test("an unremembered sign-in ends with the window", async ({ device }) => {
  const ada = person("Ada Lovelace");
  await (await device("Chrome on Windows")).signUp(ada);
  const laptop = await device("Firefox on macOS");
  const entry = await new EntryPage(laptop).openSignIn();
  await expect(entry.staySignedIn).toBeChecked();
  await entry.untilClosed.check();
  await entry.signIn(ada);
  await expect(new SessionsPage(laptop).heading).toBeVisible();
  const cookies = await laptop.context.cookies();
  expect(cookies.map((cookie) => cookie.expires)).toEqual([-1, -1]);
  expect(cookies.every((cookie) => cookie.httpOnly && cookie.sameSite === "Lax")).toBe(true);
});

test("the password can be shown", async ({ device }) => {
  const laptop = await device("Firefox on macOS");
  const entry = await new EntryPage(laptop).openSignIn();
  await entry.password.fill("secret words");
  await expect(entry.password).toHaveAttribute("type", "password");
  await laptop.page.getByRole("button", { name: /show/i }).click();
  await expect(entry.password).toHaveAttribute("type", "text");
});

test("the form waits for its answer and is not sent twice", async ({ device }) => {
  const ada = person("Ada Lovelace");
  await (await device("Chrome on Windows")).signUp(ada);
  const laptop = await device("Firefox on macOS");
  const entry = await new EntryPage(laptop).openSignIn();
  let sent = 0;
  let answer = () => {};
  const answered = new Promise<void>((done) => (answer = done));
  await laptop.page.route("**/fn/sign-in", async (route) => {
    sent += 1;
    await answered;
    await route.continue();
  });
  await entry.signIn(ada);
  const button = laptop.page.locator("form button[type=submit]").filter({ hasText: "Sign in" });
  await expect(button).toHaveAttribute("aria-busy", "true");
  await button.click({ force: true });
  answer();
  await expect(new SessionsPage(laptop).heading).toBeVisible();
  expect(sent).toBe(1);
});
