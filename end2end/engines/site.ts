/** The steps of the journey on our pages. Only this file has names and texts of the pages. */
import { expect } from "@playwright/test";

import { type Label, type Person, userAgents } from "../fixtures/device";
import { type Actor, soon } from "./actor";

const LIST = "Your devices";

/** The second device. The first one has the engine's own user agent. */
export const phone = { label: "Safari on iPhone" satisfies Label, userAgent: userAgents["Safari on iPhone"] };

export async function signUp(actor: Actor, who: Person): Promise<void> {
  await actor.open("/sign-up");
  await actor.fill("Name", who.name);
  await actor.fill("Email", who.email);
  await actor.fill("Password", who.password);
  await actor.click("button", "Create account");
  await actor.shows(LIST);
}

export async function signIn(actor: Actor, who: Person): Promise<void> {
  await actor.open("/sign-in");
  await enter(actor, who);
}

export async function addAccount(actor: Actor, who: Person): Promise<void> {
  await actor.click("menu", "Account");
  await actor.click("link", "Add another account");
  await actor.shows("New here?");
  await enter(actor, who);
  await isUsing(actor, who);
}

async function enter(actor: Actor, who: Person): Promise<void> {
  await actor.fill("Email", who.email);
  await actor.fill("Password", who.password);
  await actor.click("button", "Sign in");
  await actor.shows(LIST);
}

export async function switchTo(actor: Actor, who: Person): Promise<void> {
  await actor.click("menu", "Account");
  await actor.click("button", `Switch to ${who.name}`);
  await isUsing(actor, who);
}

/** The header shows the active account. */
async function isUsing(actor: Actor, who: Person): Promise<void> {
  await soon(async () => expect(await actor.run("document.querySelector('header summary').innerText")).toContain(who.name));
}

/** The page receives a sign-in by its stream. */
export async function hearsOfSignIn(actor: Actor, label: string): Promise<void> {
  await actor.shows(`New sign-in: ${label}`);
  await has(actor, label);
}

export async function revoke(actor: Actor, label: string): Promise<void> {
  await actor.click("button", `Revoke ${label}`);
}

export async function isRevoked(actor: Actor, label: string): Promise<void> {
  await actor.shows(`${label} was signed out.`);
  await soon(async () => expect(await labels(actor)).not.toContain(label));
}

export async function undo(actor: Actor, label: string): Promise<void> {
  await actor.click("button", "Undo");
  await actor.shows("Undone. The device is signed in again.");
  await has(actor, label);
}

export async function rename(actor: Actor, label: string, name: string): Promise<void> {
  await actor.click("menu", `More for ${label}`);
  await actor.click("link", `Rename ${label}`);
  await actor.shows("Rename device");
  await actor.fill("Name", name);
  await actor.click("button", "Save");
  await actor.shows("Device renamed.");
  await has(actor, name);
}

/** The list has a device with this name. */
export async function has(actor: Actor, label: string): Promise<void> {
  await soon(async () => expect(await labels(actor)).toContain(label));
}

function labels(actor: Actor): Promise<string[]> {
  return actor.run("[...document.querySelectorAll('ul[aria-label=Devices] h2')].map((heading) => heading.innerText)");
}

/** An open page whose session has ended explains why, and asks to sign in. */
export async function isToldWhyItIsOut(actor: Actor): Promise<void> {
  await actor.shows(/You were signed out by your other device \(.+\)/);
  await actor.shows("New here?");
}

/** The page asks for the password, gets it, and continues by itself. */
export async function provesWhoTheyAre(actor: Actor, who: Person): Promise<void> {
  await actor.shows("Confirm it's you");
  await actor.fill("Password", who.password);
  await actor.click("button", "Continue");
}

/** Waits until the session is no longer fresh. */
export async function isStale(actor: Actor): Promise<void> {
  // An unknown session, which is reported as unknown while the session is fresh.
  const ask = () => actor.ask<{ code: string }>("multi-session/revoke", { sessionId: "nobodys" });
  await soon(async () => expect((await ask()).code).toBe("SESSION_NOT_FRESH"));
}

export async function signOutEverywhere(actor: Actor): Promise<void> {
  await actor.click("link", "Sign out everywhere");
  await actor.click("button", "Sign out everywhere");
}

/** Nobody is signed in, and the page asks to sign in. */
export async function isSignedOut(actor: Actor): Promise<void> {
  await actor.shows("New here?");
  await actor.isHydrated();
  expect(await actor.ask("get-session")).toBeNull();
}
