import type { Locator } from "@playwright/test";

import type { Device } from "../fixtures/device";

/** The page of what happened; it has no script. */
export class HistoryPage {
  constructor(private readonly device: Device) {}

  async open(): Promise<this> {
    await this.device.page.goto(`${this.device.origin}/history`);
    return this;
  }

  get heading(): Locator {
    return this.device.page.getByRole("heading", { level: 1 });
  }

  get entries(): Locator {
    return this.device.page.locator("ol > li");
  }

  show(what: string): Locator {
    return this.device.page.getByRole("navigation", { name: "Show" }).getByRole("link", { name: what });
  }

  export(format: "JSON" | "CSV"): Locator {
    return this.device.page.getByRole("link", { name: format });
  }
}
