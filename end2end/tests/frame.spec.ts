import { isAccessible } from "../fixtures/accessible";
import { type Device, expect, failsToSignIn, person, signedIn, test } from "../fixtures/test";
import { ChangePasswordPage } from "../pages/change-password";
import { EntryPage } from "../pages/entry";
import { HistoryPage } from "../pages/history";
import { SessionsPage } from "../pages/sessions";
import { Switcher } from "../pages/switcher";
import { Tabs } from "../pages/tabs";

const laptopIs = "Firefox on macOS";
const pages = [
  ["Devices", "/sessions"],
  ["Activity", "/history"],
  ["Password", "/change-password"],
] as const;

/** The pages with tabs, by the name of the tab. */
async function goesAround(device: Device, press: (name: (typeof pages)[number][0]) => Promise<void>): Promise<void> {
  const tabs = new Tabs(device);
  for (const [name, path] of [...pages, pages[0]]) {
    await press(name);
    await expect(device.page).toHaveURL(device.origin + path);
    await expect(tabs.current).toHaveText(name);
    await expect(tabs.all).toHaveText(pages.map(([name]) => name));
  }
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";

  test(`${how} JavaScript the tabs link all pages of an account`, async ({ device }) => {
    const [laptop] = await signedIn(device, person("Ada Lovelace"), [laptopIs], { javaScriptEnabled });
    await new SessionsPage(laptop).open();
    await goesAround(laptop, (name) => new Tabs(laptop).to(name).click());
  });

  test(`${how} JavaScript the tabs work with the keyboard`, async ({ device }) => {
    const [laptop] = await signedIn(device, person("Ada Lovelace"), [laptopIs], { javaScriptEnabled });
    await new SessionsPage(laptop).open();
    await goesAround(laptop, async (name) => {
      const tab = new Tabs(laptop).to(name);
      for (let presses = 0; presses < 20; presses += 1) {
        if (await tab.evaluate((element) => element === document.activeElement)) break;
        await laptop.page.keyboard.press("Tab");
      }
      await expect(tab).toBeFocused();
      await laptop.page.keyboard.press("Enter");
    });
  });

  test(`${how} JavaScript signed-out pages have no tabs`, async ({ device }) => {
    const laptop = await device(laptopIs, { javaScriptEnabled });
    const entry = await new EntryPage(laptop).openSignIn();
    await expect(entry.email).toBeVisible();
    await expect(new Tabs(laptop).all).toHaveCount(0);
  });

  test(`${how} JavaScript an error page has the same switcher`, async ({ device }) => {
    const laptop = await device(laptopIs, { javaScriptEnabled });
    const [grace, ada] = [person("Grace Hopper"), person("Ada Lovelace")];
    await laptop.signUp(grace);
    await laptop.signUp(ada);
    await laptop.page.goto(`${laptop.origin}/api/auth/error?error=INVALID_CALLBACK_URL`);
    const switcher = await new Switcher(laptop).open();
    await expect(switcher.summary).toContainText(ada.name);
    if (javaScriptEnabled) await isAccessible(laptop, "what is told");
    await switcher.switchTo(grace.name).click();
    await expect(new SessionsPage(laptop).heading).toBeVisible();
    expect(await laptop.whoAmI()).toBe(grace.name);
  });
}

test("the tabs are large enough for a finger and fit on a phone", async ({ device }) => {
  const [phone] = await signedIn(device, person("Ada Lovelace"), ["Safari on iPhone"], { viewport: { width: 390, height: 844 } });
  await new SessionsPage(phone).open();
  for (const tab of await new Tabs(phone).all.all()) {
    const box = (await tab.boundingBox())!;
    expect(box.height).toBeGreaterThanOrEqual(44);
    expect(box.x + box.width).toBeLessThanOrEqual(390);
  }
  for (const page of [new HistoryPage(phone), new ChangePasswordPage(phone)]) {
    await page.open();
    expect(await phone.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  }
});

test("with forced colours the current tab has a bar", async ({ device }) => {
  const [laptop] = await signedIn(device, person("Ada Lovelace"), [laptopIs], { forcedColors: "active" });
  await new SessionsPage(laptop).open();
  const bar = (name: "Devices" | "Activity") =>
    new Tabs(laptop).to(name).evaluate((tab) => getComputedStyle(tab, "::after").height);
  expect([await bar("Devices"), await bar("Activity")]).toEqual(["3px", "auto"]);
});

test("initials and names are complete in every script", async ({ device }) => {
  const laptop = await device(laptopIs);
  const family = { ...person("Family"), name: "👩‍👩‍👧 עדה" };
  await laptop.signUp(family);
  await new SessionsPage(laptop).open();
  const switcher = await new Switcher(laptop).open();
  await expect(switcher.summary.locator(".ms-avatar")).toHaveText("👩‍👩‍👧ע");
  await expect(switcher.summary.locator("bdi")).toHaveText(family.name);
});

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";

  test(`${how} JavaScript three failed sign-ins show a warning above the devices with a link to the activity`, async ({
    device,
    startServer,
  }) => {
    const server = await startServer({});
    const ada = person("Ada Lovelace");
    const laptop = await device(laptopIs, { javaScriptEnabled }, server.origin);
    await laptop.signUp(ada);
    const thief = await device("Chrome on Windows", {}, server.origin);
    const sessions = new SessionsPage(laptop);
    const banner = laptop.page.getByRole("region", { name: "Failed sign-ins" });
    await failsToSignIn(thief, ada, 2);
    // Failures are written every few seconds, and when the server stops.
    await server.restart();
    await sessions.open();
    await expect(sessions.heading).toBeVisible();
    await expect(banner).toHaveCount(0);
    await laptop.page.goto("about:blank");
    await failsToSignIn(thief, ada, 1);
    await server.restart();
    await sessions.open();
    await expect(banner).toContainText("3 failed sign-ins in the last 24 hours.");
    if (javaScriptEnabled) await isAccessible(laptop, "what is told");
    await banner.getByRole("link", { name: "See activity" }).click();
    await expect(new HistoryPage(laptop).sentences).toHaveText(["Wrong password, 3 times"]);
    await expect(banner).toHaveCount(0);
  });
}
