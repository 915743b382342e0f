/**
 * `config.json`, next to index.html, is all that differs between deployments: where the token API is,
 * and how people sign in. Addresses may be relative to the page.
 *
 * Nothing in it is secret: an Identity Platform API key names a project, and an OIDC client id an app.
 */
export interface LocalSignIn {
  readonly kind: "local";
  readonly url: string;
}

export interface IdentityPlatformSignIn {
  readonly kind: "identity-platform";
  readonly apiKey: string;
  /** The sign-in methods that the project has turned on. */
  readonly ways: readonly ("google" | "email" | "anonymous")[];
  /**
   * The address of the Auth emulator, which has a folder for each of Google's hosts; Google itself by
   * default.
   */
  readonly url?: string;
}

export interface OidcSignIn {
  readonly kind: "oidc";
  readonly issuer: string;
  readonly clientId: string;
  /** The provider's name on the button. */
  readonly name: string;
  /** Scopes besides `openid`. With `offline_access`, a visit can outlast the first ID token. */
  readonly scope: string;
  /**
   * What to have the provider ask at sign-in (`prompt`); `consent` by default where the scope has
   * offline_access, and nothing else. Empty is nothing.
   */
  readonly prompt?: string;
  /** The origins of the provider's token and userinfo endpoints, if they are not the issuer's. */
  readonly origins: readonly string[];
}

export type SignInConfig = LocalSignIn | IdentityPlatformSignIn | OidcSignIn;

export interface DeploymentConfig {
  /** The address of the token API up to `/api/v1`, without a trailing slash. */
  readonly api: string;
  readonly signIn: SignInConfig;
}

export class BadConfig extends Error {}

type Fields = Readonly<Record<string, unknown>>;

/** Fetch and check `config.json`. Throws BadConfig with the reason. */
export async function loadConfig(page: URL, signal: AbortSignal): Promise<DeploymentConfig> {
  const answer = await fetch(new URL("config.json", page), { cache: "no-cache", signal });
  if (!answer.ok) throw new BadConfig(`config.json answered ${answer.status}`);
  return parseConfig(await answer.json(), page);
}

export function parseConfig(value: unknown, page: URL): DeploymentConfig {
  const fields = object(value, "config.json");
  return { api: address(fields, "api", page), signIn: signIn(object(fields["signIn"], "signIn"), page) };
}

function signIn(fields: Fields, page: URL): SignInConfig {
  switch (fields["kind"]) {
    case "local":
      return { kind: "local", url: address(fields, "url", page) };
    case "identity-platform":
      return {
        kind: "identity-platform",
        apiKey: text(fields, "apiKey"),
        ways: strings(fields["ways"], "ways").map(way),
        ...(fields["url"] === undefined ? {} : { url: address(fields, "url", page) }),
      };
    case "oidc":
      return {
        kind: "oidc",
        issuer: text(fields, "issuer"),
        clientId: text(fields, "clientId"),
        name: fields["name"] === undefined ? new URL(text(fields, "issuer")).host : text(fields, "name"),
        scope: fields["scope"] === undefined ? "profile" : text(fields, "scope"),
        ...(fields["prompt"] === undefined ? {} : { prompt: prompt(fields["prompt"]) }),
        origins: fields["origins"] === undefined ? [] : strings(fields["origins"], "origins"),
      };
    default:
      throw new BadConfig("signIn.kind must be local, identity-platform or oidc");
  }
}

function prompt(value: unknown): string {
  if (typeof value === "string" && /^[a-z_ ]*$/.test(value)) return value;
  throw new BadConfig(`signIn.prompt must be words such as "consent", or empty`);
}

function way(name: string): "google" | "email" | "anonymous" {
  if (name === "google" || name === "email" || name === "anonymous") return name;
  throw new BadConfig(`signIn.ways must be of google, email and anonymous, got "${name}"`);
}

function object(value: unknown, name: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new BadConfig(`${name} must be an object`);
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === "string" && value !== "") return value;
  throw new BadConfig(`${name} must be a text that is not empty`);
}

function strings(value: unknown, name: string): string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw new BadConfig(`${name} must be a list of texts`);
}

function address(fields: Fields, name: string, page: URL): string {
  const url = URL.canParse(text(fields, name), page) ? new URL(text(fields, name), page) : undefined;
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url))) {
    return url.href.replace(/\/$/, "");
  }
  throw new BadConfig(`${name} must be an https address, got "${text(fields, name)}"`);
}

/** Whether it is this machine, for which browsers treat http as secure. */
export function isLoopback(url: Pick<URL, "hostname">): boolean {
  return ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
}
