import type { Locator } from "@playwright/test";

import type { Device } from "../fixtures/device";

/** The page at the limit of devices. */
export class ChooseDevicePage {
  constructor(private readonly device: Device) {}

  private get page() {
    return this.device.page;
  }

  get heading(): Locator {
    return this.page.getByRole("heading", { level: 1, name: "Choose a device to sign out" });
  }

  get labels(): Locator {
    return this.page.getByRole("heading", { level: 2 });
  }

  signOut(label: string): Locator {
    return this.page.getByRole("button", { name: `Sign out ${label}`, exact: true });
  }

  get cancel(): Locator {
    return this.page.getByRole("link", { name: "Cancel" });
  }

  get signInAgain(): Locator {
    return this.page.getByRole("link", { name: "Sign in again" });
  }

  get alert(): Locator {
    return this.page.getByRole("alert");
  }
}
