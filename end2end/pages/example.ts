import type { Locator } from "@playwright/test";

import type { Device, Person } from "../fixtures/device";

/** The page of the React example. */
export class ExamplePage {
  constructor(private readonly device: Device) {}

  private get page() {
    return this.device.page;
  }

  async open(): Promise<this> {
    await this.page.goto(`${this.device.origin}/`);
    return this;
  }

  /** The person returns from another tab. */
  async comeBack(): Promise<void> {
    await this.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  }

  get heading(): Locator {
    return this.page.getByRole("heading", { level: 1 });
  }

  get who(): Locator {
    return this.page.getByRole("banner").getByRole("strong");
  }

  get rows(): Locator {
    return this.page.getByRole("list", { name: "Devices" }).getByRole("listitem");
  }

  get labels(): Locator {
    return this.rows.getByRole("heading");
  }

  get accounts(): Locator {
    return this.page.getByRole("list", { name: "Accounts in this browser" }).getByRole("listitem");
  }

  get status(): Locator {
    return this.page.getByRole("status");
  }

  get alert(): Locator {
    return this.page.getByRole("alert");
  }

  button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  async fillIn(who: Person, password = who.password): Promise<void> {
    await this.page.getByLabel("Email").fill(who.email);
    await this.page.getByLabel("Password").fill(password);
  }
}
