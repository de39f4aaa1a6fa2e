import { type Device, expect, person, test } from "../fixtures/test";
import { EntryPage } from "../pages/entry";
import { SessionsPage } from "../pages/sessions";

const MINUTE = 60_000;

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with JavaScript" : "without JavaScript";

  test(`${how} a shared computer keeps no cookies and is marked in the list`, async ({ device }) => {
    const ada = person("Ada Lovelace");
    const laptop = await device("Firefox on macOS");
    await laptop.signUp(ada);
    const library = await device("Chrome on Windows", { javaScriptEnabled });
    const entry = await new EntryPage(library).openSignIn();
    await expect(entry.staySignedIn).toBeChecked();
    await entry.sharedComputer.check();
    await expect(entry.staySignedIn).not.toBeChecked();
    await entry.signIn(ada);
    const sessions = new SessionsPage(library);
    await expect(sessions.row("Chrome on Windows")).toContainText("Shared computer");
    await expect(sessions.row("Firefox on macOS")).not.toContainText("Shared computer");
    const cookies = await library.context.cookies();
    expect(cookies.map(({ expires }) => expires)).toEqual([-1, -1]);
    await expect((await new SessionsPage(laptop).open()).row("Chrome on Windows")).toContainText("Shared computer");
  });

  test(`${how} a new account may begin on a shared computer`, async ({ device }) => {
    const library = await device("Chrome on Windows", { javaScriptEnabled });
    const entry = await new EntryPage(library).openSignUp();
    await entry.sharedComputer.check();
    await entry.signUp(person("Ada Lovelace"));
    await expect(new SessionsPage(library).row("Chrome on Windows")).toContainText("Shared computer");
    expect((await library.context.cookies()).map(({ expires }) => expires)).toEqual([-1, -1]);
  });
}

test("a shared computer warns before it expires, other devices do not, and the person can stay", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const laptop = await device("Firefox on macOS");
  await laptop.signUp(ada);
  const library = await device("Chrome on Windows", { timezoneId: "UTC" });
  await library.post("sign-in/email", { email: ada.email, password: ada.password, sharedComputer: true });
  const answer = await library.context.request.get(`${library.origin}/api/auth/get-session`);
  const signedInAt = Date.parse((await answer.json()).session.createdAt);
  const after = (minutes: number) => new Date(signedInAt + minutes * MINUTE);
  const warning = (minutes: number) => `You will be signed out at ${after(minutes).toISOString().slice(11, 16)}.`;
  for (const one of [laptop, library]) {
    // A stream would bring a list with the server's time, which differs from the page's fake time.
    await one.blockStream();
    await one.page.clock.install();
    await new SessionsPage(one).open();
  }
  const passes = async (one: Device, minutes: number, told: RegExp) => {
    await one.page.clock.fastForward(minutes * MINUTE);
    // The other device was idle meanwhile.
    await expect(new SessionsPage(one).rows.last()).toContainText(told);
  };

  const sessions = new SessionsPage(library);
  await passes(library, 24, /Active 2[345] minutes ago/);
  await expect(sessions.expiry).toBeHidden();
  await passes(library, 1, /Active 2[4567] minutes ago/);
  await expect(sessions.expiry).toHaveText(warning(30));
  await passes(laptop, 26, /Active 2[5678] minutes ago/);
  await expect(new SessionsPage(laptop).expiry).toBeHidden();

  // Answers as the server would at the page's fake time.
  await library.page.route("**/fn/list-device-sessions*", async (route) => {
    const rows: { isCurrent: boolean; expiresAt: string }[] = await (await route.fetch()).json();
    for (const row of rows) if (row.isCurrent) row.expiresAt = after(55).toISOString();
    await route.fulfill({ json: rows });
  });
  await sessions.stay.click();
  await expect(sessions.expiry).toBeHidden();
  await passes(library, 24, /Active (48|49|50) minutes ago/);
  await expect(sessions.expiry).toBeHidden();
  await passes(library, 1, /Active 5[01] minutes ago/);
  await expect(sessions.expiry).toHaveText(warning(55));
  await expect(sessions.stay).toBeVisible();
});
