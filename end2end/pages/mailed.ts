import { type Locator, expect } from "@playwright/test";

import type { Device } from "../fixtures/device";

/** The pages of what goes by mail; the server alone makes them. */
export class MailedPages {
  constructor(private readonly device: Device) {}

  private get page() {
    return this.device.page;
  }

  heading(name: string): Locator {
    return this.page.getByRole("heading", { level: 1, name });
  }

  get forgot(): Locator {
    return this.page.getByRole("link", { name: "Forgot your password?" });
  }

  get email(): Locator {
    return this.page.getByLabel("E-mail", { exact: true });
  }

  get newPassword(): Locator {
    return this.page.getByLabel("New password", { exact: true });
  }

  get notMe(): Locator {
    return this.page.getByRole("button", { name: "This wasn't me" });
  }

  get alert(): Locator {
    return this.page.getByRole("alert");
  }

  link(name: string): Locator {
    return this.page.getByRole("link", { name });
  }

  async request(email: string): Promise<void> {
    await this.email.fill(email);
    await this.page.getByRole("button", { name: "Send the link" }).click();
    await expect(this.heading("Look into your mailbox")).toBeVisible();
  }

  async follow(link: string): Promise<void> {
    await this.page.goto(link);
  }

  async choose(password: string): Promise<void> {
    await this.newPassword.fill(password);
    await this.page.getByRole("button", { name: "Set the password" }).click();
  }
}
