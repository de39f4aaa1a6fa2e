import { isAccessible } from "../fixtures/accessible";
import { expect, person, signedIn, test } from "../fixtures/test";
import { SessionsPage } from "../pages/sessions";

const labels = ["Firefox on macOS", "Safari on iPhone"] as const;

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test("a revoked device is signed out until the revocation is undone", async ({ device }) => {
      const [laptop, phone] = await signedIn(device, person("Ada Lovelace"), labels, { javaScriptEnabled });
      const sessions = await new SessionsPage(laptop).open();
      await sessions.revoke("Safari on iPhone").click();
      const undo = javaScriptEnabled ? sessions.undo("Safari on iPhone") : sessions.toast.getByRole("button", { name: "Undo" });
      await expect(undo).toBeFocused();
      await expect(sessions.rows).toHaveCount(1);
      expect(await phone.whoAmI()).toBeUndefined();
      if (javaScriptEnabled) await isAccessible(laptop, "the row with Undo");
      await undo.click();
      await expect(sessions.toast).toContainText("The device is signed in again.");
      await expect(sessions.rows).toHaveCount(2);
      await expect(undo).toBeHidden();
      if (javaScriptEnabled) await expect(sessions.row("Safari on iPhone")).toBeFocused();
      expect(await phone.whoAmI()).toBe("Ada Lovelace");
    });

    test("a late undo says so", async ({ device }) => {
      const [laptop, phone] = await signedIn(device, person("Ada Lovelace"), labels, { javaScriptEnabled });
      const sessions = await new SessionsPage(laptop).open();
      await sessions.revoke("Safari on iPhone").click();
      const undo = javaScriptEnabled ? sessions.undo("Safari on iPhone") : sessions.toast.getByRole("button", { name: "Undo" });
      await expect(undo).toBeVisible();
      // A password change in between prevents the undo.
      const password = { currentPassword: "correct horse battery", newPassword: "another good password" };
      await laptop.post("change-password", password);
      if (javaScriptEnabled) laptop.expects(/403 POST \/fn\/undo-revoke/);
      await undo.click();
      await expect(laptop.page.getByRole("alert")).toContainText("Too late to undo.");
      await expect(sessions.rows).toHaveCount(1);
      expect(await phone.whoAmI()).toBeUndefined();
    });
  });
}

test("after ten seconds Undo disappears and the device stays signed out", { tag: "@waits" }, async ({ device }) => {
  const [laptop, phone] = await signedIn(device, person("Ada Lovelace"), labels);
  const sessionId = await phone.sessionId();
  const sessions = await new SessionsPage(laptop).open();
  const pressed = Date.now();
  await sessions.revoke("Safari on iPhone").click();
  const undo = sessions.undo("Safari on iPhone");
  await expect(undo).toBeVisible();
  // It does not stay longer for a person who is about to press it.
  await undo.hover();
  await expect(undo).toBeHidden({ timeout: 15_000 });
  expect(Date.now() - pressed).toBeGreaterThan(9_500);
  const late = await laptop.context.request.post(`${laptop.origin}/api/auth/multi-session/undo-revoke`, {
    data: { sessionId },
    headers: { origin: laptop.origin },
  });
  expect(late.status()).toBe(403);
  expect((await late.json()).code).toBe("UNDO_EXPIRED");
  await expect(sessions.labels).toHaveText(["Firefox on macOS"]);
  expect(await phone.whoAmI()).toBeUndefined();
});

test("another tab shows the restored device and not as a new sign-in", async ({ device }) => {
  const [laptop] = await signedIn(device, person("Ada Lovelace"), labels);
  const sessions = await new SessionsPage(laptop).open();
  const desktop = await device("Chrome on Windows");
  await desktop.context.addCookies(await laptop.context.cookies());
  const others = await new SessionsPage(desktop).open();
  await desktop.isLive();
  await sessions.revoke("Safari on iPhone").click();
  await expect(others.rows).toHaveCount(1);
  await sessions.undo("Safari on iPhone").click();
  await expect(others.rows).toHaveCount(2);
  await expect(others.toast).not.toContainText("New sign-in");
});

test("signing out an account of this browser cannot be undone", async ({ device }) => {
  const laptop = await device("Firefox on macOS");
  const grace = person("Grace Hopper");
  await laptop.signUp(grace);
  await laptop.signUp(person("Ada Lovelace"));
  const sessions = await new SessionsPage(laptop).open();
  await sessions.otherAccounts.getByRole("button", { name: "Revoke Grace Hopper" }).click();
  await expect(sessions.toast).toContainText("Signed out Grace Hopper in this browser.");
  await expect(sessions.toast.getByRole("button", { name: "Undo" })).toHaveCount(0);
});

test("each revocation has its own Undo in the place of the device", async ({ device }) => {
  const [laptop, phone, desktop] = await signedIn(device, person("Ada Lovelace"), [...labels, "Chrome on Windows"]);
  const sessions = await new SessionsPage(laptop).open();
  await sessions.revoke("Safari on iPhone").click();
  await expect(sessions.undo("Safari on iPhone")).toBeFocused();
  await sessions.revoke("Chrome on Windows").click();
  await expect(sessions.undo("Chrome on Windows")).toBeFocused();
  await expect(sessions.undo("Safari on iPhone")).toBeVisible();
  await sessions.undo("Safari on iPhone").click();
  await expect(sessions.row("Safari on iPhone")).toBeFocused();
  await expect(sessions.undo("Chrome on Windows")).toBeVisible();
  await expect(sessions.labels).toHaveText(["Firefox on macOS", "Safari on iPhone"]);
  expect([await phone.whoAmI(), await desktop.whoAmI()]).toEqual(["Ada Lovelace", undefined]);
});

test("two devices that are revoked at the same moment both show Undo", async ({ device }) => {
  const [laptop] = await signedIn(device, person("Ada Lovelace"), [...labels, "Chrome on Windows"]);
  const sessions = await new SessionsPage(laptop).open();
  let go = () => {};
  const gate = new Promise<void>((resolve) => (go = resolve));
  await laptop.page.route("**/fn/revoke", async (route) => {
    await gate;
    await route.continue();
  });
  await sessions.revoke("Safari on iPhone").click();
  await sessions.revoke("Chrome on Windows").click();
  go();
  await expect(sessions.undo("Safari on iPhone")).toBeVisible();
  await expect(sessions.undo("Chrome on Windows")).toBeVisible();
  await expect(sessions.labels).toHaveText(["Firefox on macOS"]);
});
