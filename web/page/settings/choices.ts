/** What can be chosen for the next talk, given what the server offers. Anything unavailable says why. */
import type { Config, ModelInfo, Wish } from "../../client/index.ts";
import { count, modelName, toolName } from "../../site/format.ts";
import { messages } from "../../site/messages/index.ts";
import { SENSITIVITIES, type Preferences, type ThinkingLevel } from "../../site/preferences.ts";

export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly chosen: boolean;
  /** Why it is unavailable; undefined if it is not. */
  readonly impossible: string | undefined;
}

const { settings: words } = messages;

export const LEVELS: readonly ThinkingLevel[] = ["minimal", "low", "medium", "high"];

/** The model for the next talk: the chosen one if it is still offered, otherwise the default. */
export function modelOf(config: Config, { model }: Preferences): ModelInfo | undefined {
  const named = (name: string | undefined): ModelInfo | undefined =>
    config.models.find((m) => m.name === name);
  return named(model) ?? named(config.defaultModel) ?? config.models[0];
}

export function models(config: Config, preferences: Preferences): readonly Choice[] {
  const taken = modelOf(config, preferences);
  return config.models.map(({ name }) => possible(name, modelName(name), name === taken?.name));
}

export function voices(config: Config, preferences: Preferences): readonly Choice[] {
  const model = modelOf(config, preferences);
  const all = new Set(config.models.flatMap((m) => m.voices));
  return [...all].sort().map((voice) => ({
    ...possible(voice, voice, voice === preferences.voice),
    impossible: model?.voices.includes(voice)
      ? undefined
      : words.notOffered.voice(modelName(model?.name ?? "")),
  }));
}

export function thinkingLevels(config: Config, preferences: Preferences): readonly Choice[] {
  const model = modelOf(config, preferences);
  const taken = thinkingLevel(model, preferences);
  return LEVELS.map((level) => ({
    ...possible(level, words.levels[level], level === taken),
    impossible: model?.thinkingLevels.includes(level)
      ? undefined
      : words.notOffered.thinking(modelName(model?.name ?? "")),
  }));
}

export function tools(config: Config, preferences: Preferences): readonly Choice[] {
  const model = modelOf(config, preferences);
  return [...new Set(config.models.flatMap((m) => m.tools))].map((tool) => ({
    ...possible(tool, toolName(tool) ?? tool, preferences.tools.includes(tool)),
    impossible: model?.tools.includes(tool)
      ? undefined
      : words.notOffered.tool(modelName(model?.name ?? "")),
  }));
}

const DURATIONS = [5, 10, 20, 30, 45, 60, 90, 120];

/** Pass lengths in minutes. Those above the site's limit are unavailable. */
export function durations(
  { maxDurationMinutes: most }: Config,
  { durationMinutes }: Preferences,
): readonly Choice[] {
  return DURATIONS.map((minutes) => ({
    ...possible(String(minutes), words.minutes(count(minutes)), minutes === durationMinutes),
    impossible: minutes <= most ? undefined : words.tooLong(count(most)),
  }));
}

export function modalities(config: Config, preferences: Preferences): readonly Choice[] {
  const model = modelOf(config, preferences);
  const offered = model?.responseModalities ?? [];
  const taken = offered.find((modality) => modality === preferences.responseModality) ?? offered[0];
  return (["AUDIO", "TEXT"] as const).map((modality) => ({
    ...possible(modality, words.modalities[modality], modality === taken),
    impossible: offered.includes(modality)
      ? undefined
      : words.notOffered.modality(modelName(model?.name ?? "")),
  }));
}

/** How quickly Gemini notices that someone starts or stops speaking. Not with push-to-talk. */
export function sensitivities(side: "start" | "end", preferences: Preferences): readonly Choice[] {
  const chosen = preferences[`${side}Sensitivity`];
  return SENSITIVITIES.map((one) => possible(one, words.sensitivities[side][one], one === chosen));
}

export function silences({ silenceMs }: Preferences): readonly Choice[] {
  return Object.entries(words.silences).map(([ms, label]) =>
    possible(ms, label, Number(ms) === silenceMs),
  );
}

/** What to request from the server: only what was chosen, and of that only what the model supports. */
export function wish(config: Config, preferences: Preferences): Wish {
  const model = modelOf(config, preferences);
  const { voice, temperature, responseModality, durationMinutes, systemInstruction } = preferences;
  const level = thinkingLevel(model, preferences);
  const offered = preferences.tools.filter((tool) => model?.tools.includes(tool));
  return {
    ...(model === undefined ? {} : { model: model.name }),
    ...(voice !== undefined && model?.voices.includes(voice) ? { voice } : {}),
    ...(responseModality !== undefined && model?.responseModalities.includes(responseModality)
      ? { responseModality }
      : {}),
    ...(durationMinutes !== undefined && durationMinutes <= config.maxDurationMinutes
      ? { durationMinutes }
      : {}),
    ...(temperature === undefined ? {} : { temperature }),
    ...(level === undefined ? {} : { thinkingLevel: level }),
    ...(offered.length === 0 ? {} : { tools: offered }),
    ...(config.customInstructions && systemInstruction !== undefined ? { systemInstruction } : {}),
    turnDetection: turnDetection(preferences),
  };
}

function turnDetection({
  pushToTalk,
  silenceMs,
  startSensitivity,
  endSensitivity,
}: Preferences): NonNullable<Wish["turnDetection"]> {
  if (pushToTalk) return { mode: "manual" };
  return {
    mode: "automatic",
    ...(silenceMs === undefined ? {} : { silenceMs }),
    ...(startSensitivity === undefined ? {} : { startSensitivity }),
    ...(endSensitivity === undefined ? {} : { endSensitivity }),
  };
}

function thinkingLevel(
  model: ModelInfo | undefined,
  { thinkingLevel: level }: Preferences,
): ThinkingLevel | undefined {
  const offered = LEVELS.filter((one) => model?.thinkingLevels.includes(one));
  if (level !== undefined && offered.includes(level)) return level;
  return model?.thinkingRequired ? offered[0] : undefined;
}

function possible(value: string, label: string, chosen: boolean): Choice {
  return { value, label, chosen, impossible: undefined };
}
