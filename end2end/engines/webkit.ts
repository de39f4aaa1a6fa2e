import { WebDriver } from "../fixtures/webdriver";
import { Actor, type Role, soon } from "./actor";

const pressed: Record<Role, string> = { button: "button", link: "a[href]", menu: "summary" };

/** Records errors of a page from now on. The driver reports none, and cannot run scripts before the page's own. */
const hear = `
  if (!window.complaints) {
    const heard = window.complaints = [];
    addEventListener("error", (event) => heard.push("page error: " + event.message));
    addEventListener("unhandledrejection", (event) => heard.push("page error: " + event.reason));
    for (const kind of ["error", "warn"]) {
      const tell = console[kind];
      console[kind] = (...what) => { heard.push(what.join(" ")); tell.apply(console, what); };
    }
  }`;

/** WebKitGTK's MiniBrowser. Each actor has its own, with a driver. */
export class WebKit extends Actor {
  private constructor(
    origin: string,
    private readonly driver: WebDriver,
  ) {
    super(origin);
  }

  static async start(origin: string, userAgent?: string): Promise<WebKit> {
    const agent = userAgent === undefined ? [] : [`--user-agent=${userAgent}`];
    return new WebKit(origin, await WebDriver.start("WebKitWebDriver", ["--automation", ...agent]));
  }

  async back(): Promise<void> {
    await this.driver.back();
  }

  async close(): Promise<void> {
    await this.driver.close();
  }

  async run<Value>(expression: string): Promise<Value> {
    // Collect the errors with each script, because they are lost when the page is left.
    const script = `${hear} return Promise.resolve(${expression}).then((value) => [value, window.complaints.splice(0)])`;
    const [value, heard] = await this.driver.execute<[Value, string[]]>(script);
    this.complaints.push(...heard);
    return value;
  }

  protected async go(url: string): Promise<void> {
    await this.driver.go(url);
  }

  protected async press(role: Role, name: string): Promise<void> {
    const fits = (label: string) => (role === "menu" ? label.startsWith(name) : label === name);
    await soon(async () => this.driver.click(await this.shown(pressed[role], fits, name)));
  }

  protected async type(label: string, text: string): Promise<void> {
    await soon(async () => {
      const field = await this.shown("input", (name) => name === label, label);
      await this.driver.clear(field);
      await this.driver.type(field, text);
    });
  }

  /** The visible element whose accessible name fits. */
  private async shown(selector: string, fits: (label: string) => boolean, wanted: string): Promise<string> {
    for (const element of await this.driver.find(selector)) {
      if ((await this.driver.isShown(element)) && fits(await this.driver.label(element))) return element;
    }
    throw new Error(`no ${selector} "${wanted}" is shown`);
  }
}
