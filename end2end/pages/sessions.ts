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

  /** The devices that are signed in. */
  get rows(): Locator {
    return this.entries.filter({ has: this.page.getByRole("heading") });
  }

  /** The rows, including those of devices that were just signed out here. */
  private get entries(): Locator {
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

  get current(): Locator {
    return this.rows.filter({ hasText: "(current)" });
  }

  revoke(label: string): Locator {
    return this.page.getByRole("button", { name: `Revoke ${label}` });
  }

  /** It asks first, so that one press does not sign out. */
  get revokeCurrent(): Locator {
    return this.current.getByRole("link", { name: "Revoke" });
  }

  /** Signs this device out with its own row and the dialog. */
  async signOutHere(): Promise<void> {
    await this.revokeCurrent.click();
    await this.dialog("Sign out of this device?").getByRole("button", { name: "Sign out" }).click();
  }

  /** Follows a link of the menu of a row. */
  async more(label: string, item: "Rename" | "Activity" | "I don't recognize this"): Promise<void> {
    const row = this.row(label);
    await row.getByLabel(`More for ${label}`).click();
    await row.getByRole("link", { name: item }).click();
  }

  /** The row of a device that was just signed out here. */
  gone(label: string): Locator {
    return this.entries.filter({ hasText: `${label} was signed out.` });
  }

  undo(label: string): Locator {
    return this.gone(label).getByRole("button", { name: "Undo" });
  }

  /** Answers "Was this you?" in a device's row. */
  answer(label: string, answer: "Yes, it was me" | "No, secure my account"): Locator {
    const row = this.row(label);
    return row.getByRole("button", { name: answer }).or(row.getByRole("link", { name: answer }));
  }

  newSignIn(label: string): Locator {
    return this.page.getByRole("region", { name: `New sign-in: ${label}` });
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

  /** The warning before the session expires. */
  get expiry(): Locator {
    return this.page.getByText("You will be signed out at");
  }

  get stay(): Locator {
    return this.page.getByRole("button", { name: "Stay signed in" });
  }
}
