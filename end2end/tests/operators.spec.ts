import { expect, person, signedIn, test } from "../fixtures/test";
import { EntryPage } from "../pages/entry";
import { SessionsPage } from "../pages/sessions";

test("what an operator ends from a shell leaves the open page, which says so", async ({ device, server }) => {
  const ada = person("Ada Lovelace");
  const [laptop] = await signedIn(device, ada, ["Firefox 145 on macOS"]);
  await new SessionsPage(laptop).open();
  await server.run("sessions", "revoke-user", ada.email);
  await expect(laptop.page).toHaveURL(/\/sign-in/);
  await expect(new EntryPage(laptop).alert).toContainText("This device was signed out by an operator");
  expect(await laptop.whoAmI()).toBeUndefined();
});
