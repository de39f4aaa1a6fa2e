import type { Locator } from "@playwright/test";

import type { Device } from "../fixtures/device";

/** The page of the account history. */
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

  /** The sentence of each entry, without device, address and time. */
  get sentences(): Locator {
    return this.entries.locator("p:first-child");
  }

  /** The devices of an entry, each with its place and address. */
  sides(entry: Locator): Locator {
    return entry.locator(".ms-timeline__side");
  }

  /** The introduction of the page. */
  get lead(): Locator {
    return this.device.page.locator(".ms-page__lead");
  }

  get older(): Locator {
    return this.device.page.getByRole("link", { name: "Older", exact: true });
  }

  get newest(): Locator {
    return this.device.page.getByRole("link", { name: "Newest", exact: true });
  }

  show(what: string): Locator {
    return this.device.page.getByRole("navigation", { name: "Show" }).getByRole("link", { name: what, exact: true });
  }

  export(format: "JSON" | "CSV"): Locator {
    return this.device.page.getByRole("link", { name: format });
  }
}
