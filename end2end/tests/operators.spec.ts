import { expect, person, signedIn, test } from "../fixtures/test";
import { EntryPage } from "../pages/entry";
import { HistoryPage } from "../pages/history";
import { SessionsPage } from "../pages/sessions";

test("a session ended by an operator leaves its open page, which says so", async ({ device, server }) => {
  const ada = person("Ada Lovelace");
  const [laptop] = await signedIn(device, ada, ["Firefox on macOS"]);
  await new SessionsPage(laptop).open();
  await server.run("sessions", "revoke-user", ada.email);
  await expect(laptop.page).toHaveURL(/\/sign-in/);
  await expect(new EntryPage(laptop).alert).toContainText("You were signed out by an administrator");
  expect(await laptop.whoAmI()).toBeUndefined();
});

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with JavaScript" : "without JavaScript";

  test(`${how} a disabled user is signed out, sees why at sign-in, and can sign in once enabled`, async ({ device, server }) => {
    const ada = person("Ada Lovelace");
    const [laptop] = await signedIn(device, ada, ["Firefox on macOS"], { javaScriptEnabled });
    const sessions = await new SessionsPage(laptop).open();
    await server.run("users", "disable", ada.email);
    // Without scripts a page notices it when it is loaded again.
    if (!javaScriptEnabled) await laptop.page.reload();
    await expect(laptop.page).toHaveURL(/\/sign-in/);
    await laptop.isHydrated();
    const entry = new EntryPage(laptop);
    await expect(entry.alert).toContainText("You were signed out by an administrator");

    if (javaScriptEnabled) laptop.expects(/403 POST \/fn\/sign-in/);
    await entry.signIn(ada);
    const refusal = entry.alert.filter({ hasText: "This account is disabled. Contact an administrator." });
    await expect(refusal).toBeVisible();
    expect(await laptop.whoAmI()).toBeUndefined();

    await server.run("users", "enable", ada.email);
    expect(await laptop.whoAmI(), "what has ended stays ended").toBeUndefined();
    await entry.signIn(ada);
    await expect(sessions.heading).toBeVisible();
    expect(await laptop.whoAmI()).toBe("Ada Lovelace");
    await expect((await new HistoryPage(laptop).open()).sentences).toContainText([
      "Account enabled by an administrator",
      "Signed out by an administrator",
      "Account disabled by an administrator",
    ]);
  });
}
