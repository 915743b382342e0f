/** The admin calls of our API, by their paths in the contract. */
import type { Api } from "../client/api/calls.ts";
import type { Audit, Blocks, Order, Overview, User } from "./state.ts";

export class AdminCalls {
  constructor(private readonly api: Pick<Api, "ask">) {}

  async overview(signal: AbortSignal): Promise<Overview> {
    return (await this.api.ask({ path: "/admin/overview", signal })) as Overview;
  }

  async blocks(signal: AbortSignal): Promise<Blocks> {
    return (await this.api.ask({ path: "/admin/blocks", signal })) as Blocks;
  }

  async user(hash: string, signal: AbortSignal): Promise<User> {
    return (await this.api.ask({ path: `/admin/users/${hash}`, signal })) as User;
  }

  async audit(event: string, signal: AbortSignal): Promise<Audit> {
    const query = event === "" ? "" : `?event=${event}`;
    return (await this.api.ask({ path: `/admin/audit${query}`, signal })) as Audit;
  }

  async put(
    path: string,
    body: Order | (Order & { readonly tier: string }),
    signal: AbortSignal,
  ): Promise<void> {
    await this.api.ask({ path: `/admin/${path}`, method: "PUT", body, signal });
  }

  async lift(path: string, signal: AbortSignal): Promise<void> {
    await this.api.ask({ path: `/admin/${path}`, method: "DELETE", signal });
  }
}
