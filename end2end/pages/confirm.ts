import { type Locator, expect } from "@playwright/test";

import type { Device } from "../fixtures/device";

/** The page that asks for the password before an export and "This wasn't me", and without scripts before other sessions end. */
export class ConfirmPage {
  constructor(private readonly device: Device) {}

  private get page() {
    return this.device.page;
  }

  get heading(): Locator {
    return this.page.getByRole("heading", { level: 1, name: "Confirm it's you" });
  }

  get text(): Locator {
    return this.page.getByRole("main");
  }

  get password(): Locator {
    return this.page.getByLabel("Password", { exact: true });
  }

  get alert(): Locator {
    return this.page.getByRole("alert");
  }

  get cancel(): Locator {
    return this.page.getByRole("link", { name: "Cancel" });
  }

  button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  /** Enters the password and presses the button with this name. */
  async confirm(password: string, button: string): Promise<void> {
    await this.password.fill(password);
    await this.button(button).click();
  }
}

/** Waits until the device's session is no longer fresh. */
export async function isStale(device: Device): Promise<void> {
  // An unknown session, which is reported as unknown while the session is fresh.
  const ask = () =>
    device.context.request.post(`${device.origin}/api/auth/multi-session/revoke`, {
      data: { sessionId: "nobodys" },
      headers: { origin: device.origin },
    });
  await expect.poll(async () => (await (await ask()).json()).code).toBe("SESSION_NOT_FRESH");
}
