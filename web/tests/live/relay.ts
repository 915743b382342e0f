/** A network between the page and Gemini that can be cut, like a phone's in a tunnel. */

import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

export class Relay {
  readonly #server: Server;
  /** Sockets to the page, and sockets to Gemini. */
  readonly #pages = new Set<Socket>();
  readonly #services = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** `to` is the URL of a server on this machine. */
  static async start(to: string): Promise<Relay> {
    const { port } = new URL(to);
    const relay: Relay = new Relay(createServer((from) => relay.#serve(from, Number(port))));
    relay.#server.listen(0, "127.0.0.1");
    await once(relay.#server, "listening");
    return relay;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("not listening");
    return address.port;
  }

  /** Drop everything from the page on the open connections; new ones work. */
  stallUpwards(): void {
    for (const socket of this.#pages) socket.pause();
  }

  /** Hold back everything, in both directions. */
  stall(): void {
    this.stallUpwards();
    for (const socket of this.#services) socket.pause();
  }

  /** Deliver what was held back, and continue. */
  flow(): void {
    for (const socket of [...this.#pages, ...this.#services]) socket.resume();
  }

  async stop(): Promise<void> {
    for (const socket of [...this.#pages, ...this.#services]) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #serve(from: Socket, port: number): void {
    const to = connect(port, "127.0.0.1");
    for (const [ends, one, other] of [
      [this.#pages, from, to],
      [this.#services, to, from],
    ] as const) {
      ends.add(one);
      one.on("data", (data) => other.write(data));
      one.on("error", () => other.destroy());
      one.on("close", () => {
        ends.delete(one);
        other.destroy();
      });
    }
  }
}
