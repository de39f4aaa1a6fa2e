import { expect, person, test } from "../fixtures/test";
import { EntryPage } from "../pages/entry";
import { SessionsPage } from "../pages/sessions";

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with JavaScript" : "without JavaScript";

  test(`${how} a shared computer keeps nothing, and is marked in the list`, async ({ device }) => {
    const ada = person("Ada Lovelace");
    const laptop = await device("Firefox 145 on macOS");
    await laptop.signUp(ada);
    const library = await device("Chrome 142 on Windows", { javaScriptEnabled });
    const entry = await new EntryPage(library).openSignIn();
    await expect(entry.remember).toBeChecked();
    await entry.sharedComputer.check();
    await expect(entry.remember).toBeHidden();
    await entry.sharedComputer.uncheck();
    await expect(entry.remember).toBeVisible();
    await entry.sharedComputer.check();
    await entry.signIn(ada);
    const sessions = new SessionsPage(library);
    await expect(sessions.row("Chrome 142 on Windows")).toContainText("Shared computer");
    await expect(sessions.row("Firefox 145 on macOS")).not.toContainText("Shared computer");
    const cookies = await library.context.cookies();
    expect(cookies.map(({ expires }) => expires)).toEqual([-1, -1]);
    await expect((await new SessionsPage(laptop).open()).row("Chrome 142 on Windows")).toContainText("Shared computer");
  });

  test(`${how} a new account may begin on a shared computer`, async ({ device }) => {
    const library = await device("Chrome 142 on Windows", { javaScriptEnabled });
    const entry = await new EntryPage(library).openSignUp();
    await entry.sharedComputer.check();
    await entry.signUp(person("Ada Lovelace"));
    await expect(new SessionsPage(library).row("Chrome 142 on Windows")).toContainText("Shared computer");
    expect((await library.context.cookies()).map(({ expires }) => expires)).toEqual([-1, -1]);
  });
}
