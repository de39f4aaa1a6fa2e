import { expect, person, test as base } from "../fixtures/test";
import { type Actor, soon } from "./actor";
import { Firefox } from "./firefox";
import * as site from "./site";
import { WebKit } from "./webkit";

const engines = { firefox: Firefox, webkit: WebKit };

export interface Engine {
  engine: keyof typeof engines;
}

const test = base.extend<Engine & { actor: (origin: string, userAgent?: string) => Promise<Actor> }>({
  engine: ["firefox", { option: true }],
  // Requested so that every server outlives the browsers: a page logs an error if its server stops.
  actor: async ({ engine, startServer: _outlives }, use) => {
    const actors: Actor[] = [];
    await use(async (origin, userAgent) => {
      const actor = await engines[engine].start(origin, userAgent);
      actors.push(actor);
      return actor;
    });
    for (const actor of actors) {
      expect.soft(actor.complaints, "the console").toEqual([]);
      await actor.close();
    }
  },
});

test("from sign-up to Back after the sign-out", async ({ actor, startServer }) => {
  const [ada, grace] = [person("Ada Lovelace"), person("Grace Hopper")];
  const { origin } = await startServer({ MULTI_SESSION_FRESH_AGE: "3s" });
  const [laptop, phone] = [await actor(origin), await actor(origin, site.phone.userAgent)];
  const { label } = site.phone;

  await test.step("a sign-in elsewhere arrives in the open page", async () => {
    await site.signUp(laptop, ada);
    await site.signIn(phone, ada);
    await site.hearsOfSignIn(laptop, label);
  });

  await test.step("a revocation asks for the password, and the revoked device's open page says why it was signed out", async () => {
    await site.isStale(laptop);
    await site.revoke(laptop, label);
    await site.provesWhoTheyAre(laptop, ada);
    await site.isRevoked(laptop, label);
    await site.isToldWhyItIsOut(phone);
  });

  await test.step("it is undone", async () => {
    await site.undo(laptop, label);
    await phone.open("/sessions");
    await site.has(phone, label);
  });

  await test.step("a name is on both lists at once", async () => {
    await site.rename(laptop, label, "Travel phone");
    await site.has(phone, "Travel phone");
  });

  await test.step("another account is added, and switched away from", async () => {
    await fetch(`${origin}/api/auth/sign-up/email`, {
      method: "POST",
      headers: { "content-type": "application/json", origin },
      body: JSON.stringify(grace),
    });
    await site.addAccount(laptop, grace);
    await site.switchTo(laptop, ada);
    await site.has(laptop, "Travel phone");
  });

  await test.step("all devices are signed out", async () => {
    await site.isStale(laptop);
    await site.signOutEverywhere(laptop);
    await site.provesWhoTheyAre(laptop, ada);
    await site.isSignedOut(laptop);
    await site.isToldWhyItIsOut(phone);
    await site.isSignedOut(phone);
  });

  await test.step("Back shows nothing private", async () => {
    await laptop.run("void (window.wasHere = true)");
    await laptop.back();
    await soon(async () => expect(await laptop.run("window.wasHere"), "another page").not.toBe(true));
    await site.isSignedOut(laptop);
    for (const secret of [ada.email, "Travel phone"]) expect(await laptop.text()).not.toContain(secret);
  });
});

test("errors of a page are recorded", async ({ actor, server }) => {
  const laptop = await actor(server.origin);
  await laptop.open("/sign-in");
  await laptop.run("console.error('told by the console')");
  await laptop.run("void setTimeout(() => { throw new Error('thrown by a script'); })");
  await laptop.run("void Promise.reject(new Error('kept by no promise'))");
  await soon(async () => {
    await laptop.run("0");
    for (const complaint of ["told by the console", "thrown by a script", "kept by no promise"]) {
      expect(laptop.complaints.join(), laptop.complaints.join()).toContain(complaint);
    }
  });
  laptop.complaints.length = 0;
});
