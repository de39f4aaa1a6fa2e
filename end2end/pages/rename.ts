import type { Locator } from "@playwright/test";

import type { Device } from "../fixtures/device";

/** The page that names a device. It has no script. */
export class RenamePage {
  constructor(private readonly device: Device) {}

  get name(): Locator {
    return this.device.page.getByLabel("Name", { exact: true });
  }

  get save(): Locator {
    return this.device.page.getByRole("button", { name: "Save" });
  }
}
