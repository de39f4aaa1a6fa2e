import type { Locator } from "@playwright/test";

import type { Device } from "../fixtures/device";

/** The links between the pages of an account. */
export class Tabs {
  constructor(private readonly device: Device) {}

  get all(): Locator {
    return this.device.page.getByRole("navigation", { name: "Your account" }).getByRole("link");
  }

  /** The tab of the open page. */
  get current(): Locator {
    return this.all.and(this.device.page.locator("[aria-current=page]"));
  }

  to(name: "Devices" | "Activity" | "Password"): Locator {
    return this.all.filter({ hasText: name });
  }
}
