/** What can be chosen for the next talk, given what the server offers; what cannot says why. */
import type { Config, ModelInfo, Wish } from "../live/index.ts";
import { messages } from "../messages/index.ts";
import type { Preferences, ThinkingLevel } from "./preferences.ts";

export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly chosen: boolean;
  /** Why it cannot be chosen; undefined when it can. */
  readonly impossible: string | undefined;
}

export const LEVELS: readonly ThinkingLevel[] = ["minimal", "low", "medium", "high"];

/** The model that the next talk takes: the one chosen if it is still offered, else the default. */
export function modelOf(config: Config, { model }: Preferences): ModelInfo | undefined {
  const named = (name: string | undefined): ModelInfo | undefined => config.models.find((m) => m.name === name);
  return named(model) ?? named(config.defaultModel) ?? config.models[0];
}

export function models(config: Config, preferences: Preferences): readonly Choice[] {
  const taken = modelOf(config, preferences);
  return config.models.map(({ name }) => possible(name, name, name === taken?.name));
}

export function voices(config: Config, preferences: Preferences): readonly Choice[] {
  const model = modelOf(config, preferences);
  const all = new Set(config.models.flatMap((m) => m.voices));
  return [...all].sort().map((voice) => ({
    ...possible(voice, voice, voice === preferences.voice),
    impossible: model?.voices.includes(voice) ? undefined : messages.settings.notOffered.voice(model?.name ?? ""),
  }));
}

export function thinkingLevels(config: Config, preferences: Preferences): readonly Choice[] {
  const model = modelOf(config, preferences);
  const taken = thinkingLevel(model, preferences);
  return LEVELS.map((level) => ({
    ...possible(level, messages.settings.levels[level], level === taken),
    impossible: model?.thinkingLevels.includes(level)
      ? undefined
      : messages.settings.notOffered.thinking(model?.name ?? ""),
  }));
}

export function tools(config: Config, preferences: Preferences): readonly Choice[] {
  const model = modelOf(config, preferences);
  const names: Readonly<Record<string, string>> = messages.settings.toolNames;
  return [...new Set(config.models.flatMap((m) => m.tools))].map((tool) => ({
    ...possible(tool, names[tool] ?? tool, preferences.tools.includes(tool)),
    impossible: model?.tools.includes(tool) ? undefined : messages.settings.notOffered.tool(model?.name ?? ""),
  }));
}

/** What is asked of the server: only what was chosen, and of that only what its model can do. */
export function wish(config: Config, preferences: Preferences): Wish {
  const model = modelOf(config, preferences);
  const { voice, temperature, silenceMs, systemInstruction } = preferences;
  const level = thinkingLevel(model, preferences);
  const offered = preferences.tools.filter((tool) => model?.tools.includes(tool));
  return {
    ...(model === undefined ? {} : { model: model.name }),
    ...(voice !== undefined && model?.voices.includes(voice) ? { voice } : {}),
    ...(temperature === undefined ? {} : { temperature }),
    ...(level === undefined ? {} : { thinkingLevel: level }),
    ...(offered.length === 0 ? {} : { tools: offered }),
    ...(config.customInstructions && systemInstruction !== undefined ? { systemInstruction } : {}),
    turnDetection: preferences.pushToTalk
      ? { mode: "manual" }
      : { mode: "automatic", ...(silenceMs === undefined ? {} : { silenceMs }) },
  };
}

function thinkingLevel(model: ModelInfo | undefined, { thinkingLevel: level }: Preferences): ThinkingLevel | undefined {
  const offered = LEVELS.filter((one) => model?.thinkingLevels.includes(one));
  if (level !== undefined && offered.includes(level)) return level;
  return model?.thinkingRequired ? offered[0] : undefined;
}

function possible(value: string, label: string, chosen: boolean): Choice {
  return { value, label, chosen, impossible: undefined };
}
