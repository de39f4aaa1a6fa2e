import { expect } from "@playwright/test";

/** The kind of element to press. A menu is a `<summary>`, for which the engines have different roles. */
export type Role = "button" | "link" | "menu";

/** Retries until it succeeds, because a navigating page does not answer. */
export async function soon(act: () => Promise<void>): Promise<void> {
  await expect(act).toPass({ timeout: 15_000, intervals: [50, 100, 200] });
}

/** A browser of some engine, with its own cookies and one page. Each engine implements the driver. */
export abstract class Actor {
  /** Errors and warnings of the page's console and scripts. */
  readonly complaints: string[] = [];

  constructor(private readonly origin: string) {}

  abstract back(): Promise<void>;
  abstract close(): Promise<void>;
  /** Evaluates an expression in the page, and awaits a promise. */
  abstract run<Value>(expression: string): Promise<Value>;
  protected abstract go(url: string): Promise<void>;
  protected abstract press(role: Role, name: string): Promise<void>;
  protected abstract type(label: string, text: string): Promise<void>;

  /** Opens a page and waits until it is hydrated. */
  async open(path: string): Promise<void> {
    await this.go(this.origin + path);
    await this.isHydrated();
  }

  /** Presses the element with exactly this name. The name of a menu only has to begin so. */
  async click(role: Role, name: string): Promise<void> {
    await this.isHydrated();
    await this.press(role, name);
  }

  /** Replaces the content of the field with this label by typing. */
  async fill(label: string, text: string): Promise<void> {
    await this.isHydrated();
    await this.type(label, text);
  }

  /** Waits until the page is hydrated. */
  async isHydrated(): Promise<void> {
    await soon(async () => expect(await this.run("document.body.dataset.hydrated")).toBe("true"));
  }

  /** Waits until the page shows this text. */
  async shows(words: string | RegExp): Promise<void> {
    await soon(async () => expect(await this.text()).toMatch(words));
  }

  /** The visible text. */
  async text(): Promise<string> {
    return await this.run("document.body.checkVisibility() ? document.body.innerText : ''");
  }

  /** Sends a REST request from this page. */
  async ask<Answer>(path: string, body?: object): Promise<Answer> {
    const headers = { "content-type": "application/json" };
    const how = body === undefined ? {} : { method: "POST", headers, body: JSON.stringify(body) };
    return await this.run(`fetch("/api/auth/${path}", ${JSON.stringify(how)}).then((answer) => answer.json())`);
  }
}
