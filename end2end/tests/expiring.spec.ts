import { expect, person, test } from "../fixtures/test";
import { SessionsPage } from "../pages/sessions";

const LONG = { timeout: 75_000 };

test("an idle person is warned in every tab and can stay signed in from one", { tag: "@waits" }, async ({ device, startServer }) => {
  test.setTimeout(240_000);
  const { origin } = await startServer({ MULTI_SESSION_SESSION_TIMEOUT: "60s" });
  const laptop = await device("Firefox on macOS", {}, origin);
  await laptop.signUp(person("Ada Lovelace"));
  await new SessionsPage(laptop).open();
  const tab = await laptop.anotherTab();
  await tab.open("/change-password");
  const warning = laptop.page.getByText("You will be signed out at");
  const warnings = [warning, tab.page.getByText("You will be signed out at")];
  for (const each of warnings) await expect(each).toBeVisible(LONG);
  await laptop.page.bringToFront();
  await laptop.page.getByRole("button", { name: "Stay signed in" }).click();
  for (const each of warnings) await expect(each).toBeHidden();
  expect(await laptop.whoAmI()).toBe("Ada Lovelace");
  await expect(warning).toBeVisible(LONG);
  await expect(laptop.page.getByRole("button", { name: "Stay signed in" })).toBeVisible();
  await expect(laptop.page).toHaveURL(/\/sign-in/, LONG);
  await expect(laptop.page.getByRole("alert")).toContainText("due to inactivity");
});

test("activity in one tab without scripts prevents the warning in another", { tag: "@waits" }, async ({ device, startServer }) => {
  test.setTimeout(240_000);
  const { origin } = await startServer({ MULTI_SESSION_SESSION_TIMEOUT: "40s" });
  const laptop = await device("Firefox on macOS", {}, origin);
  await laptop.signUp(person("Ada Lovelace"));
  await new SessionsPage(laptop).open();
  const warned = laptop.page.evaluate(
    () =>
      new Promise<boolean>((done) => {
        new MutationObserver(() => {
          if (document.querySelector(".ms-toaster")?.textContent?.includes("signed out at")) done(true);
        }).observe(document.body, { childList: true, subtree: true, characterData: true });
        setTimeout(() => done(false), 45_000);
      }),
  );
  const tab = await laptop.anotherTab();
  // The sleep is the person, who reads a page every ten seconds.
  for (let pages = 0; pages < 4; pages += 1) {
    await tab.page.waitForTimeout(10_000);
    await tab.page.goto(`${origin}/history`);
  }
  expect(await warned).toBe(false);
});

test("a session at its absolute timeout offers to sign in again", { tag: "@waits" }, async ({ device, startServer }) => {
  test.setTimeout(240_000);
  const { origin } = await startServer({
    MULTI_SESSION_SESSION_TIMEOUT: "60s",
    MULTI_SESSION_ABSOLUTE_TIMEOUT: "60s",
  });
  const laptop = await device("Firefox on macOS", {}, origin);
  await laptop.signUp(person("Ada Lovelace"));
  await new SessionsPage(laptop).open();
  const stay = laptop.page.getByRole("button", { name: "Stay signed in" });
  await expect(stay).toBeVisible(LONG);
  await stay.click();
  await expect(stay).toBeHidden();
  await laptop.page.getByRole("link", { name: "Sign in again" }).click();
  await expect(laptop.page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(laptop.page).toHaveURL(/\/sign-in\?add=1/);
});
