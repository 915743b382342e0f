/** Formats times, money and numbers, in the language of the messages. */
import { messages } from "./messages/index.ts";

const number = new Intl.NumberFormat(messages.lang);
const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const money = new Intl.NumberFormat(messages.lang, {
  style: "currency",
  currency: "USD",
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});

const moneyInShort = new Intl.NumberFormat(messages.lang, {
  style: "currency",
  currency: "USD",
  notation: "compact",
  maximumSignificantDigits: 3,
});
const percent = new Intl.NumberFormat(messages.lang, { style: "percent" });
const monthAndDay = new Intl.DateTimeFormat(messages.lang, {
  month: "short",
  day: "numeric",
  timeZone: "UTC",
});

export function count(value: number): string {
  return number.format(value);
}

/** 75 -> 1:15, 3675 -> 1:01:15; negative values are 0:00. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const parts = hours > 0 ? [hours, two(minutes), two(rest)] : [minutes, two(rest)];
  return parts.join(":");
}

/** A length of time in its largest unit: 2 hours, 45 minutes, 3 days. */
export function span(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  const [value, unit] =
    minutes < 90
      ? ([minutes, "minute"] as const)
      : minutes < 36 * 60
        ? ([Math.round(minutes / 60), "hour"] as const)
        : ([Math.round(minutes / 1440), "day"] as const);
  return new Intl.NumberFormat(messages.lang, { style: "unit", unit, unitDisplay: "long" }).format(
    value,
  );
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** Format a time given in RFC 3339 or in milliseconds since 1970. */
export function timeOfDay(moment: string | number): string {
  return clock.format(new Date(moment));
}

/** gemini-3.8-live -> Gemini 3.8 Live */
export function modelName(name: string): string {
  return name.replace(
    /(^|-)(\w)/g,
    (_, dash: string, first: string) => `${dash && " "}${first.toUpperCase()}`,
  );
}

/** What people call a tool of ours; undefined for an operator's functions, whatever they are called. */
export function toolName(name: string): string | undefined {
  const names: Readonly<Record<string, string>> = messages.settings.toolNames;
  return Object.hasOwn(names, name) ? names[name] : undefined;
}

/** US dollars with cents; anything less than a cent is "< $0.01". */
export function dollars(value: number): string {
  if (value > 0 && value < 0.01) return `< ${money.format(0.01)}`;
  return money.format(value);
}

/** 1500 -> $1.5K */
export function dollarsInShort(value: number): string {
  return moneyInShort.format(value);
}

/** 0.999 -> 99 %: rounded down, so that 100 % means all of it. */
export function share(value: number): string {
  return percent.format(Math.floor(value * 100) / 100);
}

/** 2026-11-21, a day in UTC -> Nov 21 */
export function dayOfMonth(day: string): string {
  return monthAndDay.format(new Date(day));
}
