import { test } from "../fixtures/places";
import { expect, person } from "../fixtures/test";
import { HistoryPage } from "../pages/history";
import { SessionsPage } from "../pages/sessions";

const labels = ["Firefox on macOS", "Safari on iPhone"] as const;

for (const [javaScriptEnabled, mode, address] of [
  [true, "full", "127.0.0.1"],
  [false, "full", "127.0.0.1"],
  [true, "truncated", "127.0.0.0"],
] as const) {
  const how = javaScriptEnabled ? "with JavaScript" : "without JavaScript";

  test(`${how} a ${mode} address is shown with its place in the list, the banner and the history`, async ({
    device,
    places,
    startServer,
  }) => {
    const { origin } = await startServer({ MULTI_SESSION_GEOIP: places, MULTI_SESSION_IP_MODE: mode });
    const ada = person("Ada Lovelace");
    const laptop = await device(labels[0], { javaScriptEnabled }, origin);
    await laptop.signUp(ada);
    const phone = await device(labels[1], {}, origin);
    const sessions = await new SessionsPage(laptop).open();
    if (javaScriptEnabled) {
      // The phone's row comes from the stream, and the laptop's with the page.
      await laptop.isLive();
      await phone.signIn(ada);
    } else {
      await phone.signIn(ada);
      await sessions.open();
    }
    for (const label of labels) await expect(sessions.row(label)).toContainText(`Testville, Testland · ${address}`);
    await expect(sessions.newSignIn(labels[1])).toContainText("Testville, Testland");

    const history = await new HistoryPage(laptop).open();
    await expect(history.entries).toHaveCount(2);
    const there = history.entries.filter({ has: laptop.page.getByText(address, { exact: true }) });
    await expect(there.filter({ has: laptop.page.getByText("Testville, Testland", { exact: true }) })).toHaveCount(2);
  });
}
