import { expect, person, signedIn, test } from "../fixtures/test";
import { SessionsPage } from "../pages/sessions";

interface Measured {
  paint: number;
  hydrated: number;
  largestPaint: number;
  shift: number;
}

test("five devices are shown and hydrated soon on a slow processor", { tag: "@timed" }, async ({ device }) => {
  test.slow();
  const labels = ["Firefox 145 on macOS", "Safari 26 on iOS", "Chrome 142 on Windows", "Edge 142 on Windows", "Safari 26 on iOS"] as const;
  const [laptop] = await signedIn(device, person("Ada Lovelace"), labels);
  await laptop.page.addInitScript(() => {
    const told = { largestPaint: 0, shift: 0 } as Measured;
    (window as unknown as { told: Measured }).told = told;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) told.largestPaint = entry.startTime;
    }).observe({ type: "largest-contentful-paint", buffered: true });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) told.shift += (entry as unknown as { value: number }).value;
    }).observe({ type: "layout-shift", buffered: true });
    new MutationObserver((_, observer) => {
      if (document.body?.dataset.hydrated !== "true") return;
      told.hydrated = performance.now();
      observer.disconnect();
    }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-hydrated"] });
  });
  const slow = await laptop.context.newCDPSession(laptop.page);
  await slow.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  const measured: Measured[] = [];
  const bytes = new Map<string, number>();
  laptop.page.on("requestfinished", async (request) => {
    const { responseBodySize } = await request.sizes();
    bytes.set(new URL(request.url()).pathname.split(".").pop()!, responseBodySize);
  });
  for (let count = 0; count < 5; count += 1) {
    await new SessionsPage(laptop).open();
    measured.push(
      await laptop.page.evaluate(() => {
        const [paint] = performance.getEntriesByName("first-contentful-paint");
        return { ...(window as unknown as { told: Measured }).told, paint: paint!.startTime };
      }),
    );
  }
  const median = (of: (one: Measured) => number) => Math.round(measured.map(of).sort((a, b) => a - b)[2]!);
  const hydrated = median(({ hydrated, paint }) => hydrated - paint);
  const largest = median(({ largestPaint }) => largestPaint);
  const shift = Math.max(...measured.map((one) => one.shift));
  const sizes = [...bytes].map(([kind, size]) => `${kind} ${size}`).join(", ");
  const told = `processor slowed fourfold: LCP ${largest} ms, hydrated ${hydrated} ms after the first paint, CLS ${shift}, bytes: ${sizes}`;
  console.log(told);
  expect(shift, told).toBe(0);
  expect(hydrated, told).toBeLessThan(1_000);
});
