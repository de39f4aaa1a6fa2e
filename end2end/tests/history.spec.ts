import { readFile } from "node:fs/promises";

import { isAccessible } from "../fixtures/accessible";
import { expect, person, signedIn, test } from "../fixtures/test";
import { ConfirmPage, isStale } from "../pages/confirm";
import { HistoryPage } from "../pages/history";
import { SessionsPage } from "../pages/sessions";

/** How many entries a page has. */
const PAGE = 50;

/** Reads on from the page that is open, and holds that there is just this, page by page. */
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
    test("a person reads what happened, to the account and to one session", async ({ device }) => {
      const ada = person("Ada Lovelace");
      const labels = ["Firefox 145 on macOS", "Safari 26 on iOS", "Chrome 142 on Windows"] as const;
      const [laptop] = await signedIn(device, ada, labels, { javaScriptEnabled });
      const sessions = await new SessionsPage(laptop).open();
      await sessions.revoke("Chrome 142 on Windows").click();
      await expect(sessions.rows).toHaveCount(2);

      await laptop.page.getByRole("link", { name: "account history" }).click();
      const history = new HistoryPage(laptop);
      await expect(history.heading).toHaveText("Account history");
      await expect(history.entries).toHaveCount(6);
      await expect(history.entries.first()).toContainText("Signed out from Firefox 145 on macOS");
      await expect(history.entries.last()).toContainText("Firefox 145 on macOS (this device)");
      if (javaScriptEnabled) await isAccessible(laptop, "the history");
      await history.show("Ended sessions").click();
      await expect(history.entries).toHaveCount(1);
      await history.show("Changes").click();
      await expect(laptop.page.getByText("Nothing here")).toBeVisible();

      await sessions.open();
      await sessions.history("Safari 26 on iOS").click();
      await expect(history.heading).toHaveText("Session history");
      await expect(history.entries).toHaveText([/First sign-in from this device.*Safari 26 on iOS/, /Signed in.*Safari 26 on iOS/]);
    });

    test("a long history is read page by page, each entry once, and stays filtered", async ({ device }) => {
      const ada = person("Ada Lovelace");
      const [laptop] = await signedIn(device, ada, ["Firefox 145 on macOS"], { javaScriptEnabled });
      const sessionId = await laptop.sessionId();
      const names = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => `Laptop ${from + at}`);
      const rename = async (all: string[]) => {
        for (const name of all) await laptop.post("multi-session/rename", { sessionId, name });
      };
      const [before, after] = [names(1, 60), names(61, 104)];
      await rename(before);
      const phone = await device("Safari 26 on iOS");
      await phone.signIn(ada);
      await rename(after);
      const begun = "Signed in with password";
      const renamed = (all: string[]) => all.map((name) => `Renamed to “${name}”`).reverse();
      const [latest, earliest] = [renamed(after), renamed(before)];

      const history = await new HistoryPage(laptop).open();
      await readsOn(history, [...latest, "First sign-in from this device", begun, ...earliest, begun]);
      await history.show("Changes").click();
      await readsOn(history, [...latest, ...earliest]);
      await expect(history.show("Changes")).toHaveAttribute("aria-current", "page");
      await history.entries.first().getByRole("link").click();
      await expect(history.heading).toHaveText("Session history");
      await readsOn(history, [...latest, ...earliest, begun]);
      await expect(history.heading).toHaveText("Session history");
    });

    test("the history is a file once the password is right", async ({ device, startServer }) => {
      const { origin } = await startServer({ MULTI_SESSION_FRESH_AGE: "3s" });
      const ada = person("Ada Lovelace");
      const laptop = await device("Firefox 145 on macOS", { javaScriptEnabled }, origin);
      await laptop.signUp(ada);
      await isStale(laptop);
      const history = await new HistoryPage(laptop).open();
      await history.export("CSV").click();
      const confirm = new ConfirmPage(laptop);
      await expect(confirm.text).toContainText("to export your account's history");
      const download = laptop.page.waitForEvent("download");
      await confirm.confirm(ada.password, "Export history");
      const file = await download;
      expect(file.suggestedFilename()).toBe("history.csv");
      const lines = (await readFile(await file.path(), "utf8")).trim().split("\r\n");
      expect(lines.map((line) => line.split(",")[1])).toEqual(["kind", "exported", "reauthenticated", "signed_in"]);
      await expect(history.heading).toHaveText("Account history");
    });
  });
}
