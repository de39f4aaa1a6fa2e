import { type Locator, expect } from "@playwright/test";

import type { Device } from "../fixtures/device";

/** The dialog that asks for the password before other sessions end. */
export class StepUpDialog {
  constructor(private readonly device: Device) {}

  get heading(): Locator {
    return this.text.getByRole("heading", { name: "Confirm it's you" });
  }

  get text(): Locator {
    return this.device.page.getByRole("dialog", { name: "Confirm it's you" });
  }

  get password(): Locator {
    return this.text.getByLabel("Password", { exact: true });
  }

  get alert(): Locator {
    return this.text.getByRole("alert");
  }

  get cancel(): Locator {
    return this.text.getByRole("link", { name: "Cancel" });
  }

  get button(): Locator {
    return this.text.getByRole("button", { name: "Continue" });
  }

  /** Types the password into the focused field and presses Enter. */
  async confirm(password: string): Promise<void> {
    await expect(this.password).toBeFocused();
    await this.password.fill(password);
    await this.password.press("Enter");
  }
}
