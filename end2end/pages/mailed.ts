import { type Locator, expect } from "@playwright/test";

import type { Device } from "../fixtures/device";

/** The pages about mails, which the server renders. */
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
    return this.page.getByLabel("Email", { exact: true });
  }

  get newPassword(): Locator {
    return this.page.getByLabel("New password", { exact: true });
  }

  get notMe(): Locator {
    return this.page.getByRole("button", { name: "Secure my account" });
  }

  get alert(): Locator {
    return this.page.getByRole("alert");
  }

  get sendAgain(): Locator {
    return this.page.getByRole("button", { name: "Send it again" });
  }

  /** A fact about the sign-in. */
  fact(name: string): Locator {
    return this.page.locator("dt").filter({ hasText: name }).locator("+ dd");
  }

  link(name: string): Locator {
    return this.page.getByRole("link", { name });
  }

  async request(email: string): Promise<void> {
    await this.email.fill(email);
    await this.page.getByRole("button", { name: "Send link" }).click();
    await expect(this.heading("Check your email")).toBeVisible();
  }

  async follow(link: string): Promise<void> {
    await this.page.goto(link);
  }

  async choose(password: string): Promise<void> {
    await this.newPassword.fill(password);
    await this.page.getByRole("button", { name: "Set password" }).click();
  }
}
