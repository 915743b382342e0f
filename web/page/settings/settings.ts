/** Settings: the next talk, the devices it uses, and how the page looks. */
import { html, type TemplateResult } from "lit/html.js";

import { count } from "../../site/format.ts";
import { messages } from "../../site/messages/index.ts";
import { SENSITIVITIES, type Theme } from "../../site/preferences.ts";
import type { Actions } from "../shell/actions.ts";
import { dialog } from "../shell/dialog.ts";
import type { SignedIn } from "../shell/state.ts";
import { isOn } from "../talk/talk-words.ts";
import {
  durations,
  LEVELS,
  modalities,
  models,
  sensitivities,
  silences,
  thinkingLevels,
  tools,
  voices,
} from "./choices.ts";
import { checkbox, list, radios, slider } from "./choosers.ts";
import { deviceSettings } from "./device-settings.ts";

const { settings: words } = messages;

export function settingsDialog(state: SignedIn, actions: Actions): TemplateResult {
  const content = html`
    <section aria-labelledby="next-talk">
      <h3 id="next-talk">${words.sections.talk}</h3>
      ${isOn(state.talk) ? html`<p class="soft small">${words.next}</p>` : ""} ${talkSettings(state, actions)}
    </section>
    <section aria-labelledby="taking-turns"><h3 id="taking-turns">${words.sections.turns}</h3>${turnSettings(state, actions)}</section>
    <section aria-labelledby="devices"><h3 id="devices">${words.sections.devices}</h3>${deviceSettings(state, actions)}</section>
    <section aria-labelledby="this-page"><h3 id="this-page">${words.sections.page}</h3>${pageSettings(state, actions)}</section>
  `;
  return dialog("settings", words.title, content, () => actions.panels.close());
}

function talkSettings(state: SignedIn, actions: Actions): TemplateResult {
  const { config, preferences } = state;
  const levels = thinkingLevels(config, preferences);
  const thinks = levels.some(({ impossible }) => impossible === undefined);
  return html`
    ${list({ name: "model", label: words.model, choices: models(config, preferences), chosen: (model) => actions.prefer({ model }) })}
    ${list({ name: "voice", label: words.voice, none: words.byDefault, choices: voices(config, preferences), chosen: (voice) => actions.prefer({ voice }) })}
    ${list({
      name: "thinking",
      label: words.thinking,
      none: words.byDefault,
      choices: levels,
      disabled: !thinks,
      hint: thinks ? undefined : words.thinkingNone,
      chosen: (level) => actions.prefer({ thinkingLevel: LEVELS.find((known) => known === level) }),
    })}
    ${slider({
      name: "temperature",
      label: words.temperature,
      unset: words.byDefault,
      hint: words.temperatureHint,
      value: preferences.temperature,
      start: 1,
      most: 2,
      step: 0.1,
      shown: count,
      chosen: (temperature) => actions.prefer({ temperature }),
    })}
    ${list({
      name: "modality",
      label: words.modality,
      choices: modalities(config, preferences),
      chosen: (modality) => actions.prefer({ responseModality: modality === "TEXT" ? "TEXT" : "AUDIO" }),
    })}
    ${list({
      name: "duration",
      label: words.duration,
      none: words.durationDefault(count(config.defaultDurationMinutes)),
      hint: words.durationHint,
      choices: durations(config, preferences),
      chosen: (minutes) =>
        actions.prefer({ durationMinutes: minutes === undefined ? undefined : Number(minutes) }),
    })}
    ${toolSettings(state, actions)} ${instructions(state, actions)}
  `;
}

function turnSettings({ preferences }: SignedIn, actions: Actions): TemplateResult {
  const ways = [
    { value: "automatic", label: words.automatic, hint: words.automaticHint },
    { value: "manual", label: words.manual, hint: words.manualHint },
  ];
  const automatic = {
    none: words.byDefault,
    disabled: preferences.pushToTalk,
    hint: preferences.pushToTalk ? words.onlyAutomatic : undefined,
  };
  return html`
    ${radios("turns", words.turns, ways, preferences.pushToTalk ? "manual" : "automatic", (way) => actions.prefer({ pushToTalk: way === "manual" }))}
    ${list({
      ...automatic,
      name: "silence",
      label: words.silence,
      choices: silences(preferences),
      chosen: (ms) => actions.prefer({ silenceMs: ms === undefined ? undefined : Number(ms) }),
    })}
    ${list({
      ...automatic,
      name: "start-sensitivity",
      label: words.startSensitivity,
      choices: sensitivities("start", preferences),
      chosen: (one) =>
        actions.prefer({ startSensitivity: SENSITIVITIES.find((known) => known === one) }),
    })}
    ${list({
      ...automatic,
      name: "end-sensitivity",
      label: words.endSensitivity,
      choices: sensitivities("end", preferences),
      chosen: (one) => actions.prefer({ endSensitivity: SENSITIVITIES.find((known) => known === one) }),
    })}
  `;
}

function toolSettings({ config, preferences }: SignedIn, actions: Actions): TemplateResult {
  const without = (tool: string): readonly string[] => preferences.tools.filter((name) => name !== tool);
  return html`<fieldset class="field">
    <legend class="label">${words.tools}</legend>
    ${tools(config, preferences).map(({ value, label, chosen, impossible }) =>
      checkbox({
        name: value,
        label,
        on: chosen,
        impossible,
        turned: (on) => actions.prefer({ tools: on ? [...without(value), value] : without(value) }),
      }),
    )}
  </fieldset>`;
}

function instructions({ config, preferences }: SignedIn, actions: Actions): TemplateResult {
  const write = (event: Event): void => {
    if (event.currentTarget instanceof HTMLTextAreaElement)
      actions.prefer({ systemInstruction: event.currentTarget.value.trim() || undefined });
  };
  return html`<div class="field">
    <label for="instructions">${words.instructions}</label>
    <textarea class="input" dir="auto" id="instructions" rows="3" maxlength="4000" ?disabled=${!config.customInstructions} aria-describedby="instructions-hint" .value=${preferences.systemInstruction ?? ""} @change=${write}></textarea>
    <p class="hint" id="instructions-hint">${config.customInstructions ? words.instructionsHint : words.instructionsOff}</p>
  </div>`;
}

function pageSettings({ preferences }: SignedIn, actions: Actions): TemplateResult {
  const themes: readonly Theme[] = ["system", "light", "dark"];
  return html`
    ${checkbox({ name: "captions", label: words.captions, hint: words.captionsHint, on: preferences.captions, turned: (captions) => actions.prefer({ captions }) })}
    ${radios(
      "theme",
      words.theme,
      themes.map((theme) => ({ value: theme, label: words.themes[theme] })),
      preferences.theme,
      (chosen) => actions.prefer({ theme: themes.find((theme) => theme === chosen) ?? "system" }),
    )}
  `;
}
