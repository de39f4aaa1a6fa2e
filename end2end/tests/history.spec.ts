import { readFile } from "node:fs/promises";

import { isAccessible } from "../fixtures/accessible";
import { expect, failsToSignIn, person, signedIn, test } from "../fixtures/test";
import { ConfirmPage, isStale } from "../pages/confirm";
import { HistoryPage } from "../pages/history";
import { SessionsPage } from "../pages/sessions";
import { Tabs } from "../pages/tabs";

/** The number of entries on a page. */
const PAGE = 50;

/** Reads the following pages, and checks that they have exactly these entries. */
async function readsOn(history: HistoryPage, expected: string[]): Promise<void> {
  await expect(history.newest).toHaveCount(0);
  for (let from = 0; from < expected.length; from += PAGE) {
    await expect(history.sentences).toHaveText(expected.slice(from, from + PAGE));
    if (from + PAGE < expected.length) await history.older.click();
  }
  await expect(history.older).toHaveCount(0);
  await history.newest.click();
  await expect(history.sentences).toHaveText(expected.slice(0, PAGE));
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test("the history shows an account or one session", async ({ device }) => {
      const ada = person("Ada Lovelace");
      const labels = ["Firefox on macOS", "Safari on iPhone", "Chrome on Windows"] as const;
      const [laptop] = await signedIn(device, ada, labels, { javaScriptEnabled });
      const sessions = await new SessionsPage(laptop).open();
      await sessions.revoke("Chrome on Windows").click();
      await expect(sessions.rows).toHaveCount(2);

      await new Tabs(laptop).to("Activity").click();
      const history = new HistoryPage(laptop);
      await expect(history.heading).toHaveText("Activity");
      await expect(history.sentences).toHaveText([
        "Signed out by Firefox on macOS",
        "Signed in with password on a new device",
        "Signed in with password on a new device",
        "Signed in with password",
      ]);
      await expect(history.sides(history.entries.first())).toHaveText([
        /^Device.*Chrome on Windows.*127\.0\.0\.1$/,
        /^By.*Firefox on macOS \(this device\).*127\.0\.0\.1$/,
      ]);
      await expect(history.entries.last()).toContainText("Firefox on macOS (this device)");
      if (javaScriptEnabled) await isAccessible(laptop, "the activity");
      await history.show("Sign-outs").click();
      await expect(history.entries).toHaveCount(1);
      await history.show("Changes").click();
      await expect(laptop.page.getByText("No activity in this category yet.")).toBeVisible();

      await sessions.open();
      await sessions.more("Safari on iPhone", "Activity");
      await expect(history.lead).toContainText("in one session of");
      await expect(history.entries).toHaveText([/Signed in with password on a new device.*Safari on iPhone/]);
      await laptop.page.getByRole("link", { name: "Show all activity" }).click();
      await expect(history.entries).toHaveCount(4);
    });

    test("a long history is paged without duplicates and stays filtered", async ({ device }) => {
      const ada = person("Ada Lovelace");
      const [laptop] = await signedIn(device, ada, ["Firefox on macOS"], { javaScriptEnabled });
      const sessionId = await laptop.sessionId();
      const names = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => `Laptop ${from + at}`);
      const rename = async (all: string[]) => {
        for (const name of all) await laptop.post("multi-session/rename", { sessionId, name });
      };
      const [before, after] = [names(1, 60), names(61, 104)];
      await rename(before);
      const phone = await device("Safari on iPhone");
      await phone.signIn(ada);
      await rename(after);
      const begun = "Signed in with password";
      const renamed = (all: string[]) => all.map((name) => `Renamed to “${name}”`).reverse();
      const [latest, earliest] = [renamed(after), renamed(before)];

      const history = await new HistoryPage(laptop).open();
      await readsOn(history, [...latest, "Signed in with password on a new device", ...earliest, begun]);
      await history.show("Changes").click();
      await readsOn(history, [...latest, ...earliest]);
      await expect(history.show("Changes")).toHaveAttribute("aria-current", "page");
      await history.entries.first().getByRole("link").click();
      await expect(history.lead).toContainText("in one session of");
      await readsOn(history, [...latest, ...earliest, begun]);
      await expect(history.lead).toContainText("in one session of");
    });

    test("many wrong passwords in a row are one entry with place and both times", async ({ device, startServer }) => {
      test.setTimeout(90_000);
      // More than the server reads at once. Each takes the time of a hash.
      const times = javaScriptEnabled ? 20 : 130;
      const server = await startServer({});
      const ada = person("Ada Lovelace");
      const laptop = await device("Firefox on macOS", { javaScriptEnabled }, server.origin);
      await laptop.signUp(ada);
      const thief = await device("Chrome on Windows", {}, server.origin);
      await failsToSignIn(thief, ada, times);
      // Refused passwords are written every few seconds, and when the server stops.
      await server.restart();
      const history = await new HistoryPage(laptop).open();
      await expect(history.sentences).toHaveText([`Wrong password, ${times} times`, "Signed in with password"]);
      const run = history.entries.first();
      await expect(history.sides(run)).toHaveText([/^Chrome on Windows.*127\.0\.0\.1$/]);
      await expect(run.locator("time").last()).toHaveText(/^\d\d:\d\d$/);
      await history.show("Failed sign-ins").click();
      await expect(history.sentences).toHaveText([`Wrong password, ${times} times`]);
      await history.show("Sign-ins").click();
      await expect(history.sentences).toHaveText(["Signed in with password"]);
    });

    test("the active filter has a tick", async ({ device }) => {
      const [laptop] = await signedIn(device, person("Ada Lovelace"), ["Firefox on macOS"], { javaScriptEnabled });
      const history = await new HistoryPage(laptop).open();
      await expect(history.show("All").locator("svg")).toBeVisible();
      await history.show("Changes").click();
      await expect(history.show("Changes").locator("svg")).toBeVisible();
      await expect(history.show("All").locator("svg")).toHaveCount(0);
    });

    test("the history is exported after the right password", async ({ device, startServer }) => {
      const { origin } = await startServer({ MULTI_SESSION_FRESH_AGE: "3s" });
      const ada = person("Ada Lovelace");
      const laptop = await device("Firefox on macOS", { javaScriptEnabled }, origin);
      await laptop.signUp(ada);
      await isStale(laptop);
      const history = await new HistoryPage(laptop).open();
      await history.export("CSV").click();
      const confirm = new ConfirmPage(laptop);
      await expect(confirm.text).toContainText("to export your account's activity");
      const download = laptop.page.waitForEvent("download");
      await confirm.confirm(ada.password, "Export activity");
      const file = await download;
      expect(file.suggestedFilename()).toBe("history.csv");
      const lines = (await readFile(await file.path(), "utf8")).trim().split("\r\n");
      expect(lines.map((line) => line.split(",")[1])).toEqual(["kind", "exported", "reauthenticated", "signed_in"]);
      await expect(history.heading).toHaveText("Activity");
    });
  });
}

test("times are in UTC before hydration and in the person's time zone afterwards", async ({ device }) => {
  const ada = person("Ada Lovelace");
  for (const javaScriptEnabled of [false, true]) {
    // Fourteen hours before or after UTC, the date differs for a part of the day.
    const laptop = await device("Firefox on macOS", { javaScriptEnabled, timezoneId: "Pacific/Kiritimati" });
    await (javaScriptEnabled ? laptop.signIn(ada) : laptop.signUp(ada));
    const history = await new HistoryPage(laptop).open();
    await laptop.isHydrated();
    await expect(history.lead).toContainText(javaScriptEnabled ? "Times are in your time zone." : "Times are in UTC.");
    const entry = history.entries.last();
    const at = Date.parse((await entry.locator("time").getAttribute("datetime"))!);
    const there = new Date(at + (javaScriptEnabled ? 14 : 0) * 3_600_000);
    await expect(entry.locator("time")).toHaveText(there.toISOString().slice(11, 16));
    const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" }).format(there);
    await expect(laptop.page.getByRole("heading", { level: 2, name: day })).toBeVisible();
  }
});
