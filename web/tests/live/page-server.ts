/** Serves the built harness on a free port, and forwards requests for the local issuer. */

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { extname, join } from "node:path";

const DIST = join(import.meta.dirname, "dist");
const TYPES: Record<string, string> = { ".html": "text/html", ".js": "text/javascript" };

export class PageServer {
  readonly #server: Server;
  /** The server that answers `/local/identity`. */
  identityAt = "";

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.writeHead(404).end());
    });
  }

  static async start(): Promise<PageServer> {
    const server = new PageServer();
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("not listening");
    return `http://127.0.0.1:${address.port}`;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", this.url);
    if (pathname.startsWith("/local/identity/")) {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const body = Buffer.concat(parts);
      const answer = await fetch(this.identityAt + pathname, { method: "POST", body });
      response.writeHead(answer.status, { "Content-Type": "application/json" });
      response.end(await answer.text());
      return;
    }
    const path = pathname === "/" ? "/index.html" : pathname;
    if (path.includes("..")) throw new Error("outside");
    const content = await readFile(join(DIST, path));
    response.writeHead(200, { "Content-Type": TYPES[extname(path)] ?? "text/plain" }).end(content);
  }
}
