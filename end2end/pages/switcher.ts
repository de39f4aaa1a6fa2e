import type { Locator } from "@playwright/test";

import type { Device } from "../fixtures/device";

/** The menu in the header with the accounts of this browser. */
export class Switcher {
  constructor(private readonly device: Device) {}

  get summary(): Locator {
    return this.device.page.getByRole("banner").locator("summary");
  }

  async open(): Promise<this> {
    await this.summary.click();
    return this;
  }

  switchTo(name: string): Locator {
    return this.device.page.getByRole("banner").getByRole("button", { name: `Switch to ${name}` });
  }

  get add(): Locator {
    return this.device.page.getByRole("link", { name: "Add another account" });
  }

  get changePassword(): Locator {
    return this.device.page.getByRole("banner").getByRole("link", { name: "Change password" });
  }

  get signOut(): Locator {
    return this.device.page.getByRole("banner").getByRole("button", { name: "Sign out", exact: true });
  }
}
