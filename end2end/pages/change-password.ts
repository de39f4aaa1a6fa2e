import type { Locator } from "@playwright/test";

import type { Device } from "../fixtures/device";

/** The page to change the password. */
export class ChangePasswordPage {
  constructor(private readonly device: Device) {}

  private get page() {
    return this.device.page;
  }

  async open(): Promise<this> {
    await this.device.open("/change-password");
    return this;
  }

  get current(): Locator {
    return this.page.getByLabel("Current password", { exact: true });
  }

  get next(): Locator {
    return this.page.getByLabel("New password", { exact: true });
  }

  get others(): Locator {
    return this.page.getByLabel("Sign out my other devices");
  }

  get alert(): Locator {
    return this.page.getByRole("alert");
  }

  async change(current: string, next: string): Promise<void> {
    await this.current.fill(current);
    await this.next.fill(next);
    await this.page.getByRole("button", { name: "Change password", exact: true }).click();
  }
}
