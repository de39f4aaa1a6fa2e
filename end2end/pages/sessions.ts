import type { Locator } from "@playwright/test";

import type { Device } from "../fixtures/device";

/** The page with the list of devices. */
export class SessionsPage {
  constructor(private readonly device: Device) {}

  private get page() {
    return this.device.page;
  }

  async open(): Promise<this> {
    await this.device.open("/sessions");
    return this;
  }

  get heading(): Locator {
    return this.page.getByRole("heading", { level: 1, name: "Your devices" });
  }

  get rows(): Locator {
    return this.page.getByRole("list", { name: "Devices", exact: true }).locator("> li");
  }

  get labels(): Locator {
    return this.rows.getByRole("heading");
  }

  get otherAccounts(): Locator {
    return this.page.getByRole("list", { name: "Other accounts in this browser" }).locator("> li");
  }

  row(label: string): Locator {
    return this.rows.filter({ has: this.page.getByRole("heading", { name: label }) });
  }

  revoke(label: string): Locator {
    return this.page.getByRole("button", { name: `Revoke ${label}` });
  }

  rename(label: string): Locator {
    return this.page.getByRole("link", { name: `Rename ${label}` });
  }

  history(label: string): Locator {
    return this.page.getByRole("link", { name: `History of ${label}` });
  }

  newSignIn(label: string): Locator {
    return this.page.getByRole("region", { name: `New sign-in from ${label}` });
  }

  get signOutOthers(): Locator {
    return this.page.getByRole("link", { name: "Sign out other devices" });
  }

  get signOutEverywhere(): Locator {
    return this.page.getByRole("link", { name: "Sign out everywhere" });
  }

  dialog(name: string): Locator {
    return this.page.getByRole("dialog", { name });
  }

  get toast(): Locator {
    return this.page.getByRole("status");
  }

  /** Says when the session ends, since nobody uses it. */
  get expiry(): Locator {
    return this.page.getByText("You will be signed out at");
  }

  get stay(): Locator {
    return this.page.getByRole("button", { name: "Stay signed in" });
  }
}
