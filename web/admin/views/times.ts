/** Moments that may be on another day. */
import { messages } from "../../site/messages/index.ts";

const moment = new Intl.DateTimeFormat(messages.lang, { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });

export function until(time: string): string {
  return moment.format(new Date(time));
}
