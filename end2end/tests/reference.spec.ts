import { expect, test } from "../fixtures/test";

test.describe("the API reference", () => {
  test("shows the endpoints without requests to other hosts and without errors", async ({ device, server }) => {
    const reader = await device("Firefox on macOS");
    const asked: string[] = [];
    reader.page.on("request", (request) => asked.push(request.url()));

    await reader.page.goto(`${server.origin}/api/auth/reference`);
    await expect(reader.page).toHaveTitle("API reference · Multi-session");
    const endpoint = reader.page.locator("#operations-accounts-signInEmail");
    await endpoint.getByRole("button", { name: /sign-in\/email/ }).first().click();
    await expect(endpoint.getByText("INVALID_EMAIL_OR_PASSWORD").first()).toBeVisible();

    const files = asked.filter((url) => !url.startsWith("data:"));
    expect(files.length).toBeGreaterThan(4);
    expect(files.filter((url) => new URL(url).origin !== server.origin)).toEqual([]);
  });

  test("sends a request as the signed-in browser", async ({ device, server }) => {
    const reader = await device("Firefox on macOS");
    await reader.signUp({ name: "Ada", email: "ada.reference@example.org", password: "correct horse battery" });

    await reader.page.goto(`${server.origin}/api/auth/reference`);
    const endpoint = reader.page.locator("#operations-session-getSession");
    await endpoint.getByRole("button", { name: /get-session/ }).first().click();
    await endpoint.getByRole("button", { name: "Try it out" }).click();
    await endpoint.getByRole("button", { name: "Execute" }).click();
    await expect(endpoint.locator(".live-responses-table")).toContainText("ada.reference@example.org");
  });

  for (const colorScheme of ["light", "dark"] as const) {
    test(`is ${colorScheme} where the person wants it so`, async ({ device, server }) => {
      const reader = await device("Firefox on macOS", { colorScheme });
      await reader.page.goto(`${server.origin}/api/auth/reference`);
      await expect(reader.page.getByRole("heading", { name: "Multi-session" })).toBeVisible();
      const dark = reader.page.locator("html.dark-mode");
      await expect(dark).toHaveCount(colorScheme === "dark" ? 1 : 0);
    });
  }
});
