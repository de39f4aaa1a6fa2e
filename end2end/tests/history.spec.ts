import { readFile } from "node:fs/promises";

import { isAccessible } from "../fixtures/accessible";
import { expect, person, signedIn, test } from "../fixtures/test";
import { ConfirmPage, isStale } from "../pages/confirm";
import { HistoryPage } from "../pages/history";
import { SessionsPage } from "../pages/sessions";

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

    test("the history is a file once the password is right", async ({ device, startServer }) => {
      const { origin } = await startServer({ MULTI_SESSION_FRESH_AGE: "1s" });
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
