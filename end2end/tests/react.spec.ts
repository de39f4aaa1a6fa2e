import { join } from "node:path";

import { isAccessible } from "../fixtures/accessible";
import { test } from "../fixtures/example";
import { expect, person, userAgents } from "../fixtures/test";
import { ExamplePage } from "../pages/example";

const laptopIs = "Firefox on macOS";
const phoneIs = "Safari on iPhone";

test("the list has the current device first and is refreshed when the person returns", async ({ device, example }) => {
  const ada = person("Ada Lovelace");
  const laptop = await device(laptopIs, {}, example);
  await laptop.signUp(ada);
  await laptop.blockStream();
  const page = await new ExamplePage(laptop).open();
  await expect(page.who).toHaveText("Ada Lovelace");
  await expect(page.labels).toHaveText([`${laptopIs} (current)`]);
  await expect(page.rows.first()).toContainText(userAgents[laptopIs]);
  const phone = await device(phoneIs, {}, example);
  await phone.signIn(ada);
  await page.comeBack();
  await expect(page.labels).toHaveText([`${laptopIs} (current)`, phoneIs]);
});

test("other devices come and go without a reload", async ({ device, example }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone] = [await device(laptopIs, {}, example), await device(phoneIs, {}, example)];
  await laptop.signUp(ada);
  const onLaptop = await new ExamplePage(laptop).open();
  await laptop.isLive();
  await phone.signIn(ada);
  await expect(onLaptop.labels).toHaveText([`${laptopIs} (current)`, phoneIs]);
  await (await new ExamplePage(phone).open()).button(`Revoke ${laptopIs}`).click();
  await expect(onLaptop.heading).toHaveText("Sign in");
});

test("the list and the session are fetched once", async ({ device, example }) => {
  const laptop = await device(laptopIs, {}, example);
  await laptop.signUp(person("Ada Lovelace"));
  const asked: string[] = [];
  laptop.page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith("/api/auth/")) asked.push(pathname.slice("/api/auth/".length));
  });
  const page = await new ExamplePage(laptop).open();
  await expect(page.rows).toHaveCount(1);
  await laptop.isLive();
  expect(asked.sort()).toEqual(["get-session", "multi-session/events", "multi-session/list-device-sessions"]);
});

test("a revoked row disappears without a reload and its device is signed out", async ({ device, example }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone] = [await device(laptopIs, {}, example), await device(phoneIs, {}, example)];
  await laptop.signUp(ada);
  await phone.signIn(ada);
  const page = await new ExamplePage(laptop).open();
  await expect(page.rows).toHaveCount(2);
  const loads: string[] = [];
  laptop.page.on("framenavigated", (frame) => loads.push(frame.url()));
  await page.button(`Revoke ${phoneIs}`).click();
  await expect(page.labels).toHaveText([`${laptopIs} (current)`]);
  await expect(page.status).toHaveText(`${phoneIs} is signed out.`);
  await expect(laptop.page.getByRole("heading", { name: "Devices" })).toBeFocused();
  expect(await phone.whoAmI()).toBeUndefined();
  expect(loads).toEqual([]);
});

test("revoking the current session signs out", async ({ device, example }) => {
  const laptop = await device(laptopIs, {}, example);
  await laptop.signUp(person("Ada Lovelace"));
  const page = await new ExamplePage(laptop).open();
  await page.button(`Revoke ${laptopIs}`).click();
  await expect(page.heading).toHaveText("Sign in");
  expect(await laptop.whoAmI()).toBeUndefined();
});

test("revoking the current session switches to the held account", async ({ device, example }) => {
  const laptop = await device(laptopIs, {}, example);
  await laptop.signUp(person("Grace Hopper"));
  await laptop.signUp(person("Ada Lovelace"));
  const page = await new ExamplePage(laptop).open();
  await expect(page.accounts).toContainText(["Grace Hopper"]);
  await page.button(`Revoke ${laptopIs}`).click();
  await expect(page.who).toHaveText("Grace Hopper");
  await expect(page.labels).toHaveText([`${laptopIs} (current)`]);
  await expect(page.accounts).toHaveCount(0);
});

test("a switch changes the session and the list", async ({ device, example }) => {
  const [grace, ada] = [person("Grace Hopper"), person("Ada Lovelace")];
  const [laptop, phone] = [await device(laptopIs, {}, example), await device(phoneIs, {}, example)];
  await laptop.signUp(grace);
  await phone.signIn(grace);
  await laptop.signUp(ada);
  const page = await new ExamplePage(laptop).open();
  await expect(page.who).toHaveText("Ada Lovelace");
  await expect(page.labels).toHaveText([`${laptopIs} (current)`]);
  await page.button("Switch to Grace Hopper").click();
  await expect(page.who).toHaveText("Grace Hopper");
  await expect(page.labels).toHaveText([`${laptopIs} (current)`, phoneIs]);
  await expect(page.accounts).toContainText(["Ada Lovelace"]);
  expect(await laptop.whoAmI()).toBe("Grace Hopper");
});

test("revoking the others and then all keeps a held account", async ({ device, example }) => {
  const [grace, ada] = [person("Grace Hopper"), person("Ada Lovelace")];
  const [laptop, phone] = [await device(laptopIs, {}, example), await device(phoneIs, {}, example)];
  await laptop.signUp(grace);
  await laptop.signUp(ada);
  await phone.signIn(ada);
  const page = await new ExamplePage(laptop).open();
  await page.button("Sign out other sessions").click();
  await expect(page.labels).toHaveText([`${laptopIs} (current)`]);
  await expect(page.button("Sign out other sessions")).toBeHidden();
  expect(await phone.whoAmI()).toBeUndefined();
  await page.button("Sign out everywhere").click();
  await expect(page.heading).toHaveText("Sign in");
  await page.button("Continue as Grace Hopper").click();
  await expect(page.who).toHaveText("Grace Hopper");
});

test("an action after the session was ended elsewhere shows that it was", async ({ device, example }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone] = [await device(laptopIs, {}, example), await device(phoneIs, {}, example)];
  await laptop.signUp(ada);
  await phone.signIn(ada);
  await phone.blockStream();
  const [onLaptop, onPhone] = [await new ExamplePage(laptop).open(), await new ExamplePage(phone).open()];
  await expect(onPhone.rows).toHaveCount(2);
  await onLaptop.button(`Revoke ${phoneIs}`).click();
  await expect(onLaptop.rows).toHaveCount(1);
  phone.expects(/401 POST .+revoke$/);
  await onPhone.button(`Revoke ${laptopIs}`).click();
  await expect(onPhone.heading).toHaveText("Sign in");
  expect(await laptop.whoAmI()).toBe("Ada Lovelace");
});

test("the forms sign up, sign in and sign out, and keep what is typed", async ({ device, example }) => {
  const ada = person("Ada Lovelace");
  const laptop = await device(laptopIs, {}, example);
  const page = await new ExamplePage(laptop).open();
  await page.button("I am new here").click();
  await laptop.page.getByLabel("Name").fill(ada.name);
  await page.fillIn(ada);
  await page.button("Create account").click();
  await expect(page.who).toHaveText("Ada Lovelace");
  await page.button("Sign out").click();
  await expect(page.heading).toHaveText("Sign in");

  await page.fillIn(ada, "not the password");
  laptop.expects(/401 POST .+sign-in/);
  await page.button("Sign in").click();
  await expect(page.alert).toHaveText("Invalid email or password");
  const refetched = laptop.page.waitForResponse(/get-session/);
  await page.comeBack();
  await refetched;
  await expect(laptop.page.getByLabel("Email")).toHaveValue(ada.email);
  await page.fillIn(ada);
  await page.button("Sign in").click();
  await expect(page.who).toHaveText("Ada Lovelace");
});

test("a sign-out in one tab shows in the other", async ({ device, example }) => {
  const laptop = await device(laptopIs, {}, example);
  await laptop.signUp(person("Ada Lovelace"));
  // With an open stream the network would never be idle. This one ends, and is opened again after a minute.
  const stream = { contentType: "text/event-stream", body: "retry: 60000\n\n" };
  await laptop.page.route("**/multi-session/events", (route) => route.fulfill(stream));
  const page = await new ExamplePage(laptop).open();
  await expect(page.rows).toHaveCount(1);
  const lists: string[] = [];
  laptop.page.on("request", (request) => {
    if (request.url().endsWith("/list-device-sessions")) lists.push(request.url());
  });
  const tab = await laptop.context.newPage();
  await tab.goto(`${laptop.origin}/`);
  await tab.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(page.heading).toHaveText("Sign in");
  await laptop.page.waitForLoadState("networkidle");
  expect(lists).toHaveLength(1);
});

test("an unreachable server is reported and the rows stay", async ({ device, example }) => {
  const laptop = await device(laptopIs, {}, example);
  await laptop.signUp(person("Ada Lovelace"));
  const page = await new ExamplePage(laptop).open();
  await expect(page.rows).toHaveCount(1);
  laptop.expects(/failed POST .+revoke-all/);
  await laptop.page.route("**/api/auth/multi-session/revoke-all", (route) => route.abort());
  await page.button("Sign out everywhere").click();
  await expect(page.alert).toHaveText("The server does not answer.");
  laptop.expects(/503 GET .+list-device-sessions/);
  await laptop.page.route("**/list-device-sessions", (route) => route.fulfill({ status: 503, json: {} }));
  await page.comeBack();
  await expect(page.alert.filter({ hasText: "could not be loaded" })).toBeVisible();
  await expect(page.rows).toHaveCount(1);
  await laptop.page.unroute("**/list-device-sessions");
  await page.button("Try again").click();
  await expect(page.alert.filter({ hasText: "could not be loaded" })).toBeHidden();
});

test("axe finds nothing serious, and nothing scrolls sideways on a phone", async ({ device, example }) => {
  const [grace, ada] = [person("Grace Hopper"), person("Ada Lovelace")];
  const laptop = await device(laptopIs, {}, example);
  await laptop.signUp(grace);
  await laptop.signUp(ada);
  for (const label of [phoneIs, "Chrome on Windows"] as const) {
    await (await device(label, {}, example)).signIn(ada);
  }
  const page = await new ExamplePage(laptop).open();
  await expect(page.rows).toHaveCount(3);
  const picture = async (name: string) => {
    if (!process.env.SCREENSHOTS) return;
    for (const colorScheme of ["dark", "light"] as const) {
      await laptop.page.emulateMedia({ colorScheme });
      await laptop.page.screenshot({ path: join(process.env.SCREENSHOTS, `react-${name}-${colorScheme}.png`) });
    }
  };
  await picture("sessions");
  await laptop.page.getByText("Add another account").click();
  await isAccessible(laptop, "sessions, and the form to add an account");
  await laptop.page.setViewportSize({ width: 390, height: 844 });
  expect(await laptop.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await picture("phone");
  await page.button("Sign out everywhere").click();
  await expect(page.button("Continue as Grace Hopper")).toBeVisible();
  await isAccessible(laptop, "sign-in, and an account to continue as");
  await picture("sign-in");
});
