import { isAccessible } from "../fixtures/accessible";
import { expect, person, signedIn, test } from "../fixtures/test";
import { RenamePage } from "../pages/rename";
import { SessionsPage } from "../pages/sessions";

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with JavaScript" : "without JavaScript";

  test(`${how} a device gets a name, and every open list has it at once`, async ({ device }) => {
    const ada = person("Ada Lovelace");
    const [laptop] = await signedIn(device, ada, ["Firefox on macOS"]);
    const phone = await device("Safari on iPhone", { javaScriptEnabled });
    await phone.signIn(ada);
    const elsewhere = await new SessionsPage(laptop).open();
    await laptop.isLive();
    const sessions = await new SessionsPage(phone).open();
    await sessions.more("Firefox on macOS", "Rename");
    const page = new RenamePage(phone);
    await expect(page.name).toHaveValue("");
    if (javaScriptEnabled) await isAccessible(phone, "the page that names a device");
    await page.name.fill("Work laptop");
    await page.save.click();
    await expect(sessions.toast).toContainText("Device renamed.");
    await expect(sessions.labels).toHaveText(["Safari on iPhone", "Work laptop"]);
    await expect(sessions.row("Work laptop")).toContainText("Firefox on macOS");
    await expect(elsewhere.labels).toHaveText(["Work laptop", "Safari on iPhone"]);

    await sessions.more("Work laptop", "Rename");
    await expect(page.name).toHaveValue("Work laptop");
    await page.name.fill("");
    await page.save.click();
    await expect(elsewhere.labels).toHaveText(["Firefox on macOS", "Safari on iPhone"]);
  });
}
