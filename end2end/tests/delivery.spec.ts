import { execFileSync } from "node:child_process";

import { expect, person, signedIn, test } from "../fixtures/test";

/** The size of the client's WebAssembly after `gzip -9`, however the served file was compressed. */
const budget = 600_000;

test("the client is small, hashed, compressed and cached forever", async ({ device, server }) => {
  const laptop = await device("Firefox on macOS");
  const loaded: string[] = [];
  laptop.page.on("request", (request) => loaded.push(request.url()));
  await laptop.open("/sign-in");
  const assets = loaded.filter((url) => url.includes("/pkg/"));
  expect(assets.map((url) => url.split(".").pop()).sort()).toEqual(["css", "js", "wasm"]);
  for (const url of assets) {
    expect(url).toMatch(/\/pkg\/multi-session\.[\w-]{16,}\.(css|js|wasm)$/);
    for (const encoding of ["br", "gzip"]) {
      const answer = await fetch(url, { headers: { "accept-encoding": encoding } });
      expect(answer.headers.get("content-encoding"), url).toBe(encoding);
      expect(answer.headers.get("cache-control"), url).toBe("public, max-age=31536000, immutable");
      if (url.endsWith(".wasm")) expect(answer.headers.get("content-type")).toBe("application/wasm");
      const bytes = Buffer.from(await answer.arrayBuffer());
      expect(Number(answer.headers.get("content-length")), url).toBeLessThan(bytes.length * 0.5);
      if (url.endsWith(".wasm")) expect(execFileSync("gzip", ["-9nc"], { input: bytes }).length).toBeLessThanOrEqual(budget);
    }
  }
  const missing = await fetch(`${server.origin}/pkg/nothing.wasm`);
  expect(missing.status).toBe(404);
  expect(missing.headers.get("cache-control") ?? "").not.toContain("immutable");
});

test("hydration causes no layout shift", async ({ device }) => {
  const [laptop] = await signedIn(device, person("Ada Lovelace"), ["Firefox on macOS", "Safari on iPhone"]);
  await laptop.page.addInitScript(countShifts);
  const nobody = await device("Chrome on Windows");
  await nobody.page.addInitScript(countShifts);
  for (const [one, path] of [[laptop, "/sessions"], [nobody, "/sign-in"], [nobody, "/sign-up"]] as const) {
    await one.open(path);
    await one.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const sum = await one.page.evaluate(() => (window as unknown as { shifts: { sum: number } }).shifts.sum);
    expect(sum, path).toBeLessThan(0.01);
  }
});

test("the content security policy allows only scripts with the nonce", async ({ device }) => {
  const laptop = await device("Firefox on macOS");
  await laptop.page.addInitScript(() => {
    const seen: string[] = [];
    (window as unknown as { violations: string[] }).violations = seen;
    document.addEventListener("securitypolicyviolation", (event) => seen.push(event.violatedDirective));
  });
  const answer = await laptop.page.goto(`${laptop.origin}/sign-in`);
  const policy = answer!.headers()["content-security-policy"];
  expect(policy).toMatch(/script-src 'self' 'nonce-[^']+' 'wasm-unsafe-eval'/);
  expect(policy).not.toContain("unsafe-inline");
  const again = (await fetch(`${laptop.origin}/sign-in`)).headers.get("content-security-policy");
  expect(again).not.toBe(policy);
  await laptop.isHydrated();
  const violations = () => laptop.page.evaluate(() => (window as unknown as { violations: string[] }).violations);
  expect(await violations()).toEqual([]);
});

test("an injected script does not run", async ({ browser, server }) => {
  // Its own context, because this test wants the browser's error in the console.
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${server.origin}/sign-in`);
  const ran = await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.attacked = true";
    document.body.append(script);
    return (window as unknown as { attacked?: boolean }).attacked ?? false;
  });
  expect(ran).toBe(false);
  await context.close();
});

/** Adds up the page's layout shifts in `window.shifts`. */
function countShifts(): void {
  const seen = { sum: 0 };
  (window as unknown as { shifts: typeof seen }).shifts = seen;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.sum += (entry as unknown as { value: number }).value;
  }).observe({ type: "layout-shift", buffered: true });
}
