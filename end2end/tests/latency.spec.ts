import { on, test } from "../fixtures/cluster";
import { type Device, type Person, expect, person, signedIn } from "../fixtures/test";
import { SessionsPage } from "../pages/sessions";

const revocations = Number(process.env.REVOCATIONS ?? 10);

test("asked keycloak 26340: a revoked tab leaves within 300 ms", async ({ device }) => {
  const ada = person("Ada Lovelace");
  const [laptop, phone] = await signedIn(device, ada, ["Firefox on macOS", "Safari on iPhone"]);
  await isOutWithin(300, "on one node", ada, laptop, phone);
});

test("asked keycloak 26340: a revoked tab on another node leaves within a second", async ({ cluster, device }) => {
  const ada = person("Ada Lovelace");
  const laptop = await device("Firefox on macOS", on("one"), cluster.origin);
  await laptop.signUp(ada);
  const phone = await device("Safari on iPhone", on("two"), cluster.origin);
  await phone.signIn(ada);
  await isOutWithin(1_000, "across two nodes", ada, laptop, phone);
});

/**
 * Revokes the phone repeatedly. In 95 of 100 times its tab leaves within so many milliseconds of the answer. With fewer
 * than a hundred it is four of five: among ten, one stall of the machine would be the 95th percentile.
 */
async function isOutWithin(limit: number, where: string, ada: Person, laptop: Device, phone: Device): Promise<void> {
  test.setTimeout(30_000 + revocations * 5_000);
  const times: number[] = [];
  for (let count = 0; count < revocations; count += 1) {
    if (count > 0) await phone.signIn(ada);
    const sessionId = await phone.sessionId();
    await new SessionsPage(phone).open();
    await phone.isLive();
    // Measure when the page leaves, not when the next one has loaded.
    const leaves = phone.page.waitForRequest(/\?ended=/).then(() => performance.now());
    await laptop.post("multi-session/revoke", { sessionId });
    const answered = performance.now();
    times.push((await leaves) - answered);
    await phone.page.waitForURL(/\/sign-in/);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => Math.max(0, Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))]!));
  const told = `revoke answered → tab leaves, ${revocations} times ${where}: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms`;
  test.info().annotations.push({ type: "measured", description: told });
  if (process.env.REVOCATIONS) console.log(told);
  expect(at(revocations < 100 ? 0.8 : 0.95), told).toBeLessThan(limit);
}
