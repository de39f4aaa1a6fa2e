import { expect } from "@playwright/test";

/** What is pressed: a menu is a `<summary>`, which has no role that the engines agree on. */
export type Role = "button" | "link" | "menu";

/** Tries until it succeeds: a page on its way to another answers nothing meanwhile. */
export async function soon(act: () => Promise<void>): Promise<void> {
  await expect(act).toPass({ timeout: 15_000, intervals: [50, 100, 200] });
}

/** A browser of some engine, with cookies of its own and one page. An engine adds how it is driven. */
export abstract class Actor {
  /** What the page's console and scripts complained of. */
  readonly complaints: string[] = [];

  constructor(private readonly origin: string) {}

  abstract back(): Promise<void>;
  abstract close(): Promise<void>;
  /** What an expression is worth in the page, also one of a promise. */
  abstract run<Value>(expression: string): Promise<Value>;
  protected abstract go(url: string): Promise<void>;
  protected abstract press(role: Role, name: string): Promise<void>;
  protected abstract type(label: string, text: string): Promise<void>;

  /** Opens a page and waits until it is alive. */
  async open(path: string): Promise<void> {
    await this.go(this.origin + path);
    await this.isAlive();
  }

  /** Presses what has exactly this name; the name of a menu only begins so. */
  async click(role: Role, name: string): Promise<void> {
    await this.isAlive();
    await this.press(role, name);
  }

  /** Types by the keys into the field of this label, in place of what is in it. */
  async fill(label: string, text: string): Promise<void> {
    await this.isAlive();
    await this.type(label, text);
  }

  /** The client has taken the page over. */
  async isAlive(): Promise<void> {
    await soon(async () => expect(await this.run("document.body.dataset.hydrated")).toBe("true"));
  }

  /** These words are to be seen on the page. */
  async shows(words: string | RegExp): Promise<void> {
    await soon(async () => expect(await this.text()).toMatch(words));
  }

  /** What a person can read. */
  async text(): Promise<string> {
    return await this.run("document.body.checkVisibility() ? document.body.innerText : ''");
  }

  /** What the REST interface answers to this page. */
  async ask<Answer>(path: string, body?: object): Promise<Answer> {
    const headers = { "content-type": "application/json" };
    const how = body === undefined ? {} : { method: "POST", headers, body: JSON.stringify(body) };
    return await this.run(`fetch("/api/auth/${path}", ${JSON.stringify(how)}).then((answer) => answer.json())`);
  }
}
