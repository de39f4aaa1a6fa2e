import type { Locator } from "@playwright/test";

import type { Device, Person } from "../fixtures/device";

/** The sign-in and the sign-up page. */
export class EntryPage {
  constructor(private readonly device: Device) {}

  private get page() {
    return this.device.page;
  }

  async openSignIn(query = ""): Promise<this> {
    await this.device.open(`/sign-in${query}`);
    return this;
  }

  async openSignUp(query = ""): Promise<this> {
    await this.device.open(`/sign-up${query}`);
    return this;
  }

  get name(): Locator {
    return this.page.getByLabel("Name", { exact: true });
  }

  get email(): Locator {
    return this.page.getByLabel("Email", { exact: true });
  }

  get password(): Locator {
    return this.page.getByLabel("Password", { exact: true });
  }

  get staySignedIn(): Locator {
    return this.page.getByRole("radio", { name: "Stay signed in" });
  }

  get untilClosed(): Locator {
    return this.page.getByRole("radio", { name: "Until I close the browser" });
  }

  get sharedComputer(): Locator {
    return this.page.getByRole("radio", { name: "This is a shared computer" });
  }

  get heading(): Locator {
    return this.page.getByRole("heading", { level: 1 });
  }

  get cancel(): Locator {
    return this.page.getByRole("link", { name: "Cancel" });
  }

  get alert(): Locator {
    return this.page.getByRole("alert");
  }

  get heldAccounts(): Locator {
    return this.page.getByRole("list", { name: "Accounts in this browser", exact: true }).locator("> li");
  }

  continueAs(name: string): Locator {
    return this.page.getByRole("button", { name: `Continue as ${name}` });
  }

  async signIn(who: Person, password = who.password): Promise<void> {
    await this.email.fill(who.email);
    await this.password.fill(password);
    await this.page.getByRole("button", { name: "Sign in", exact: true }).click();
  }

  async signUp(who: Person): Promise<void> {
    await this.name.fill(who.name);
    await this.email.fill(who.email);
    await this.password.fill(who.password);
    await this.page.getByRole("button", { name: "Create account" }).click();
  }
}
