/**
 * What a person has chosen, stored on this device. Nothing in it is secret. It is checked when it is
 * read, like any outside input: a value this page would not have written is ignored.
 */
export type ThinkingLevel = "minimal" | "low" | "medium" | "high";
export type Sensitivity = "high" | "low";
export type Theme = "system" | "light" | "dark";

export interface Preferences {
  readonly model?: string | undefined;
  readonly voice?: string | undefined;
  readonly temperature?: number | undefined;
  readonly thinkingLevel?: ThinkingLevel | undefined;
  readonly responseModality?: "AUDIO" | "TEXT" | undefined;
  readonly durationMinutes?: number | undefined;
  readonly pushToTalk: boolean;
  readonly startSensitivity?: Sensitivity | undefined;
  readonly endSensitivity?: Sensitivity | undefined;
  readonly silenceMs?: number | undefined;
  /** Undefined for none. */
  readonly tools: readonly string[];
  readonly systemInstruction?: string | undefined;
  readonly microphone?: string | undefined;
  readonly speaker?: string | undefined;
  readonly camera?: string | undefined;
  readonly captions: boolean;
  readonly theme: Theme;
}

export const SENSITIVITIES = ["high", "low"] as const satisfies readonly Sensitivity[];

const KEY = "livepass.preferences";

/** Tools that cost nothing are on by default. */
export const unchosen: Preferences = {
  pushToTalk: false,
  tools: ["get_weather"],
  captions: true,
  theme: "system",
};

export function readPreferences(storage: Pick<Storage, "getItem"> = localStorage): Preferences {
  try {
    return checked(JSON.parse(storage.getItem(KEY) ?? "{}"));
  } catch {
    return unchosen;
  }
}

export function writePreferences(
  preferences: Preferences,
  storage: Pick<Storage, "setItem"> = localStorage,
): void {
  try {
    storage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // Storage may be full or forbidden; the choice then lasts only as long as the page.
  }
}

/** Set the theme on the root element, before the first paint. */
export function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

function checked(value: unknown): Preferences {
  const from: Readonly<Record<string, unknown>> =
    typeof value === "object" && value !== null ? { ...value } : {};
  return {
    model: text(from["model"]),
    voice: text(from["voice"]),
    temperature: number(from["temperature"], 0, 2),
    thinkingLevel: oneOf(from["thinkingLevel"], ["minimal", "low", "medium", "high"] as const),
    responseModality: oneOf(from["responseModality"], ["AUDIO", "TEXT"] as const),
    durationMinutes: number(from["durationMinutes"], 1, 1440),
    startSensitivity: oneOf(from["startSensitivity"], SENSITIVITIES),
    endSensitivity: oneOf(from["endSensitivity"], SENSITIVITIES),
    pushToTalk: from["pushToTalk"] === true,
    silenceMs: number(from["silenceMs"], 0, 10_000),
    tools: Array.isArray(from["tools"])
      ? from["tools"].filter((tool) => typeof tool === "string")
      : unchosen.tools,
    systemInstruction: text(from["systemInstruction"]),
    microphone: text(from["microphone"]),
    speaker: text(from["speaker"]),
    camera: text(from["camera"]),
    captions: from["captions"] !== false,
    theme: oneOf(from["theme"], ["system", "light", "dark"] as const) ?? "system",
  };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function number(value: unknown, least: number, most: number): number | undefined {
  return typeof value === "number" && value >= least && value <= most ? value : undefined;
}

function oneOf<const T extends string>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((item) => item === value);
}
