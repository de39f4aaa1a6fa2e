import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";

import type { Page } from "@playwright/test";

import { Meadow } from "../fixtures/meadow";
import { expect, test as base } from "../fixtures/test";
import { Switcher } from "../pages/switcher";
import { Tabs } from "../pages/tabs";

const laptopIs = "Firefox on macOS";
const phoneIs = "Safari on iPhone";

const test = base.extend<{ startMeadow: (settings?: Record<string, string>) => Promise<Meadow> }>({
  startMeadow: async ({}, use) => {
    const started: Meadow[] = [];
    await use(async (settings) => {
      const meadow = await Meadow.start(settings);
      started.push(meadow);
      return meadow;
    });
    for (const meadow of started) await meadow.stop();
  },
});

const devicesOf = (page: Page) => page.getByRole("list", { name: "Devices" }).getByRole("heading", { level: 2 });

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test("an app with its own login lists, names and revokes devices in its own frame", async ({ startMeadow, device }) => {
      const meadow = await startMeadow();
      const laptop = await device(laptopIs, { javaScriptEnabled }, meadow.origin);
      const phone = await device(phoneIs, { javaScriptEnabled }, meadow.origin);
      const page = laptop.page;
      await meadow.logIn(page, "ada@example.org");
      await expect(page.getByText("You are signed in on 1 device.")).toBeVisible();
      await meadow.logIn(phone.page, "ada@example.org");
      if (!javaScriptEnabled) await page.reload();
      await expect(page.getByText("You are signed in on 2 devices.")).toBeVisible();

      await page.getByRole("link", { name: "Devices" }).click();
      await expect(page).toHaveURL(`${meadow.origin}/me/devices`);
      await expect(page).toHaveTitle("Your devices – Meadow");
      await expect(devicesOf(page)).toHaveText([laptopIs, phoneIs]);
      await expect(page.getByRole("link", { name: "change your password" })).toHaveCount(0);
      await page.getByLabel(`More for ${phoneIs}`).click();
      await page.getByRole("link", { name: `Rename ${phoneIs}` }).click();
      await page.getByLabel("Name").fill("Work phone");
      await page.getByRole("button", { name: "Save" }).click();
      await expect(devicesOf(page)).toHaveText([laptopIs, "Work phone"]);

      await expect(new Tabs(laptop).all).toHaveText(["Devices", "Activity"]);
      await new Tabs(laptop).to("Activity").click();
      await expect(page).toHaveURL(`${meadow.origin}/me/devices/history`);
      await expect(page.getByText("New sign-in").or(page.getByText("Signed in")).first()).toBeVisible();
      await page.goBack();
      await page.getByRole("button", { name: "Revoke Work phone" }).click();
      await expect(devicesOf(page)).toHaveText([laptopIs]);
      // The app's own page stays and shows that nobody is signed in.
      if (!javaScriptEnabled) await phone.page.reload();
      await expect(phone.page.getByRole("link", { name: "Log in" })).toBeVisible();
      await expect(phone.page).toHaveURL(`${meadow.origin}/`);
      await phone.page.goto(`${meadow.origin}/me/devices`);
      await expect(phone.page).toHaveURL(/\/login\?ended=/);
      await expect(phone.page.getByRole("alert")).toContainText(`by your other device (${laptopIs})`);
    });

    test("a step-up happens on the app's own page and the action continues", async ({ startMeadow, device }) => {
      const meadow = await startMeadow({ FRESH_AGE: "1" });
      const laptop = await device(laptopIs, { javaScriptEnabled }, meadow.origin);
      const phone = await device(phoneIs, { javaScriptEnabled }, meadow.origin);
      await meadow.logIn(laptop.page, "ada@example.org");
      const loggedIn = Date.now();
      await meadow.logIn(phone.page, "ada@example.org");
      await laptop.page.goto(`${meadow.origin}/me/devices`);
      await laptop.page.waitForTimeout(Math.max(0, loggedIn + 1_100 - Date.now()));
      if (javaScriptEnabled) laptop.expects(/403 POST \/fn\/revoke/);
      await laptop.page.getByRole("button", { name: `Revoke ${phoneIs}` }).click();
      await expect(laptop.page).toHaveURL(/\/verify\?act=%?.*revoke/);
      await expect(laptop.page.getByRole("heading", { name: "Confirm it's you" })).toBeVisible();
      await meadow.prove(laptop.page, "ada@example.org");
      await expect(laptop.page).toHaveURL(/\/me\/devices/);
      await expect(laptop.page.getByText("Signed out.")).toBeVisible();
      await expect(devicesOf(laptop.page)).toHaveText([laptopIs]);
    });

    test("the switcher in the app's header switches to another account and back", async ({ startMeadow, device }) => {
      const meadow = await startMeadow();
      const laptop = await device(laptopIs, { javaScriptEnabled }, meadow.origin);
      const page = laptop.page;
      await meadow.logIn(page, "ada@example.org");
      const switcher = new Switcher(laptop);
      await (await switcher.open()).add.click();
      await meadow.prove(page, "grace@example.org");
      await page.waitForURL(`${meadow.origin}/`);
      await expect(switcher.summary).toContainText("grace@example.org");
      await (await switcher.open()).switchTo("ada@example.org").click();
      await expect(switcher.summary).toContainText("ada@example.org");
    });
  });
}

test("pages of disconnected clients are rendered without a panic", async ({ startMeadow, device }) => {
  const renders = Number(process.env.RENDERS ?? 1_000);
  test.setTimeout(30_000 + renders * 20);
  const meadow = await startMeadow({ RUST_LOG: "warn,example_leptos=info" });
  const laptop = await device(laptopIs, {}, meadow.origin);
  await meadow.logIn(laptop.page, "ada@example.org");
  const cookies = await laptop.context.cookies();
  await laptop.page.goto("about:blank");
  const headers = { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join("; ") };
  let begun = 0;
  const reader = async () => {
    while (begun < renders) {
      begun += 1;
      const gone = begun % 3 === 0 ? AbortSignal.timeout(begun % 9) : undefined;
      const path = ["/", "/me/devices", "/me/devices/history", "/nothing"][begun % 4];
      try {
        const answer = await fetch(meadow.origin + path, { headers, signal: gone });
        // `expect` would keep every one of these in memory.
        if (answer.status !== (path === "/nothing" ? 404 : 200)) throw new Error(`${path} answered ${answer.status}`);
        await answer.arrayBuffer();
      } catch (error) {
        if (!gone?.aborted) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: 32 }, reader));
});

test("a link on the app's page for unknown addresses leads to the devices", async ({ startMeadow, device }) => {
  const meadow = await startMeadow();
  const laptop = await device(laptopIs, {}, meadow.origin);
  await meadow.logIn(laptop.page, "ada@example.org");
  laptop.expects(/404 GET \/nothing/);
  await laptop.page.goto(`${meadow.origin}/nothing`);
  await expect(laptop.page.getByText("This page does not exist.")).toBeVisible();
  await laptop.isHydrated();
  await laptop.page.getByRole("link", { name: "Devices" }).click();
  await expect(devicesOf(laptop.page)).toHaveText([laptopIs]);
});

test("the app's own headings and links keep their style", async ({ startMeadow, device }) => {
  const meadow = await startMeadow();
  const laptop = await device(laptopIs, {}, meadow.origin);
  await meadow.logIn(laptop.page, "ada@example.org");
  await expect(laptop.page.getByRole("heading", { level: 1 })).toHaveCSS("font-family", /Georgia/);
  await laptop.page.getByRole("link", { name: "Devices" }).click();
  const revoke = laptop.page.getByRole("link", { name: `Revoke ${laptopIs}` });
  await expect(revoke).toHaveCSS("border-radius", "2px");
  await expect(laptop.page.locator("header")).toHaveCSS("background-color", "rgb(46, 84, 48)");
});

test("mounting our pages takes an app at most twenty lines", async () => {
  const folder = resolve(import.meta.dirname, "../../examples/leptos/src");
  const text = (await Promise.all(["app.rs", "main.rs"].map((name) => readFile(join(folder, name), "utf8")))).join("\n");
  const lines = text.split("\n");
  const marked = lines.filter((line) => line.includes("// multi-session"));
  expect(marked.length).toBeLessThanOrEqual(20);
  const ours = /multi_session|MultiSession|SESSIONS|SessionHttp|Sessions::|SqliteStore|Switcher|Toaster|sessions\.|http\.|upkeep/;
  const code = lines.filter((line) => ours.test(line) && !/^\s*\/\//.test(line) && !line.includes("// multi-session"));
  expect(code, "every line that is for us says so").toEqual([]);
});
