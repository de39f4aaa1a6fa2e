import { expect, person, signedIn, test } from "../fixtures/test";
import { SessionsPage } from "../pages/sessions";

/** The parts of the page that the test controls: the stream, and the client's memory. */
interface Played {
  opened: number;
  latest: EventTarget;
  memory: WebAssembly.Memory;
}

test("a tab that stays open does not accumulate events or streams", async ({ device }) => {
  test.slow();
  const [laptop] = await signedIn(device, person("Ada Lovelace"), ["Firefox on macOS", "Safari on iPhone"]);
  const id = await laptop.sessionId();
  await laptop.page.addInitScript(() => {
    const played = { opened: 0 } as Played;
    (window as unknown as { played: Played }).played = played;
    class Stream extends EventTarget {
      readyState = 1;
      constructor() {
        super();
        played.opened += 1;
        played.latest = this;
      }
      close() {
        this.readyState = 2;
      }
    }
    window.EventSource = Stream as unknown as typeof EventSource;
    const instantiate = WebAssembly.instantiateStreaming;
    WebAssembly.instantiateStreaming = async (...all) => {
      const made = await instantiate(...all);
      played.memory = made.instance.exports.memory as WebAssembly.Memory;
      return made;
    };
  });
  await new SessionsPage(laptop).open();

  /** Reopens the stream so often and sends so many events, with pauses as in a real browser. */
  const lives = (streams: number, events: number) =>
    laptop.page.evaluate(
      async ({ id, streams, events }) => {
        const { played } = window as unknown as { played: Played };
        const rest = () => new Promise((done) => setTimeout(done));
        for (let count = 0; count < streams; count += 1) {
          const before = played.opened;
          window.dispatchEvent(new Event("online"));
          while (played.opened === before) await rest();
        }
        for (let count = 0; count < events; count += 1) {
          const lastActiveAt = new Date(Date.now() + count).toISOString();
          const data = JSON.stringify({ type: "touched", id, lastActiveAt });
          played.latest.dispatchEvent(new MessageEvent("session", { data }));
          if (count % 10 === 0) await rest();
        }
        await rest();
        return played.opened;
      },
      { id, streams, events },
    );
  const cdp = await laptop.context.newCDPSession(laptop.page);
  await cdp.send("Performance.enable");
  const measure = async () => {
    await cdp.send("HeapProfiler.collectGarbage");
    const { metrics } = await cdp.send("Performance.getMetrics");
    const of = (name: string) => metrics.find((metric) => metric.name === name)!.value;
    const client = await laptop.page.evaluate(() => (window as unknown as { played: Played }).played.memory.buffer.byteLength);
    return { listeners: of("JSEventListeners"), heap: of("JSHeapUsedSize"), client };
  };

  await lives(20, 1_000);
  const before = await measure();
  expect(await lives(200, 10_000)).toBeGreaterThanOrEqual(220);
  const after = await measure();
  console.log(`after 10,000 events and 200 streams: ${JSON.stringify(before)} -> ${JSON.stringify(after)}`);
  expect(after.listeners).toBeLessThanOrEqual(before.listeners + 5);
  expect(after.client - before.client).toBeLessThanOrEqual(2 * 65_536);
  expect(after.heap - before.heap).toBeLessThan(1_000_000);
});
