/** As much of WebDriver (https://www.w3.org/TR/webdriver2/) as the stories in WebKit need. */

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf"; // the specification's name for a reference

export class WebDriver {
  private constructor(private readonly session: string) {}

  static async open(driver: string, capabilities: object): Promise<WebDriver> {
    const opened = await ask("POST", `${driver}/session`, { capabilities });
    return new WebDriver(`${driver}/session/${(opened as { sessionId: string }).sessionId}`);
  }

  async go(url: string): Promise<void> {
    await ask("POST", `${this.session}/url`, { url });
  }

  async close(): Promise<void> {
    await ask("DELETE", this.session);
  }

  /** Run a function's body in the page. */
  async run(script: string, ...args: unknown[]): Promise<unknown> {
    return ask("POST", `${this.session}/execute/sync`, { script, args });
  }

  /** Click as a person does, which unlocks sound. */
  async click(selector: string): Promise<void> {
    await ask("POST", `${await this.#element(selector)}/click`, {});
  }

  async type(selector: string, text: string): Promise<void> {
    await ask("POST", `${await this.#element(selector)}/value`, { text });
  }

  async #element(xpath: string): Promise<string> {
    const found = await ask("POST", `${this.session}/element`, { using: "xpath", value: xpath });
    return `${this.session}/element/${(found as Record<string, string>)[ELEMENT]}`;
  }
}

async function ask(method: string, url: string, body?: object): Promise<unknown> {
  const response = await fetch(url, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const { value } = (await response.json()) as { value: unknown };
  if (!response.ok) throw new Error(`${method} ${url}: ${JSON.stringify(value)}`);
  return value;
}
