/** Choosing the microphone, speaker and camera. */
import { html, type TemplateResult } from "lit/html.js";

import type { Device } from "../../client/index.ts";
import { messages } from "../../site/messages/index.ts";
import type { Actions } from "../shell/actions.ts";
import type { SignedIn } from "../shell/state.ts";
import type { Choice } from "./choices.ts";
import { list } from "./choosers.ts";

const { settings: words } = messages;

export function deviceSettings({ devices, preferences }: SignedIn, actions: Actions): TemplateResult {
  const named = devices.microphones.some(({ label }) => label !== "");
  const none = words.deviceDefault;
  const speakers = canChooseSpeaker() ? devices.speakers : [];
  return html`
    ${list({
      name: "microphone",
      label: words.microphone,
      none,
      hint: named ? undefined : words.devicesLater,
      choices: choices(devices.microphones, preferences.microphone),
      chosen: (microphone) => actions.prefer({ microphone }),
    })}
    ${list({
      name: "speaker",
      label: words.speaker,
      none,
      disabled: speakers.length === 0,
      hint: speakers.length === 0 ? words.speakerFixed : undefined,
      choices: choices(speakers, preferences.speaker),
      chosen: (speaker) => actions.prefer({ speaker }),
    })}
    ${list({ name: "camera", label: words.cameraDevice, none, choices: choices(devices.cameras, preferences.camera), chosen: (camera) => actions.prefer({ camera }) })}
  `;
}

/** Some browsers list speakers, but play only through the system's. */
function canChooseSpeaker(): boolean {
  return "setSinkId" in HTMLMediaElement.prototype;
}

/** Devices without a name get a number; those without an id cannot be chosen. */
function choices(devices: readonly Device[], chosen: string | undefined): readonly Choice[] {
  return devices
    .filter(({ id }) => id !== "" && id !== "default")
    .map(({ id, label }, index) => ({
      value: id,
      label: label || words.device(String(index + 1)),
      chosen: id === chosen,
      impossible: undefined,
    }));
}
