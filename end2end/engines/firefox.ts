import { type Browser, type Locator, type Page, firefox } from "@playwright/test";

import { Actor, type Role } from "./actor";

/** Debian's Firefox, driven by WebDriver BiDi. Each actor has its own. */
export class Firefox extends Actor {
  private constructor(
    origin: string,
    private readonly page: Page,
    private readonly browser: Browser,
  ) {
    super(origin);
    page.on("pageerror", (error) => this.complaints.push(`page error: ${error.message}`));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.complaints.push(message.text());
    });
  }

  static async start(origin: string, userAgent?: string): Promise<Firefox> {
    const executablePath = process.env.FIREFOX ?? "/usr/bin/firefox-esr";
    const browser = await firefox.launch({ channel: "moz-firefox", executablePath });
    return new Firefox(origin, await browser.newPage(userAgent === undefined ? {} : { userAgent }), browser);
  }

  async back(): Promise<void> {
    await this.page.goBack();
  }

  async close(): Promise<void> {
    await this.browser.close();
  }

  run<Value>(expression: string): Promise<Value> {
    return this.page.evaluate(expression);
  }

  protected async go(url: string): Promise<void> {
    await this.page.goto(url);
  }

  protected async press(role: Role, name: string): Promise<void> {
    const menus = this.page.locator("summary");
    const named = menus.filter({ hasText: name }).or(menus.and(this.page.getByLabel(name)));
    await (await this.shown(role === "menu" ? named : this.page.getByRole(role, { name, exact: true }))).click();
  }

  protected async type(label: string, text: string): Promise<void> {
    const field = await this.shown(this.page.getByLabel(label, { exact: true }));
    // `fill` would set the value with a script.
    await field.press("ControlOrMeta+a");
    await field.press("Delete");
    await field.pressSequentially(text);
  }

  /** The visible one, in the focused window. */
  private async shown(found: Locator): Promise<Locator> {
    await this.page.bringToFront();
    return found.filter({ visible: true }).first();
  }
}
