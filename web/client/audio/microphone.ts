/** Opens microphones, cameras and screens, and tells the reasons for a refusal apart. */

import { LiveError, type LiveErrorCode } from "../errors.ts";

/** Without echo cancellation, Gemini hears itself and interrupts itself (google-gemini/cookbook#356). */
const PROCESSING = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** Open a microphone by device id; empty is the system's choice. Rejects with a `LiveError`. */
export async function openMicrophone(id: string): Promise<MediaStream> {
  const audio = { ...PROCESSING, channelCount: 1, deviceId: id === "" ? {} : { exact: id } };
  return open("microphone", async (devices) => devices.getUserMedia({ audio }));
}

type Kind = "microphone" | "camera" | "screen";

/** Open what is asked for. Rejects with a `LiveError` for this kind of device. */
export async function open(
  kind: Kind,
  ask: (devices: MediaDevices) => Promise<MediaStream>,
): Promise<MediaStream> {
  if (!isSecureContext) throw new LiveError("insecure-context");
  try {
    return await ask(navigator.mediaDevices);
  } catch (error) {
    const { name = "unknown", message = "" } = error as Partial<Error>;
    throw new LiveError(codeOf(kind, name, message), { detail: name });
  }
}

/** Error names as in Media Capture and Streams, 10.3.5; any other is of a device that is not there. */
const REASONS = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotReadableError: "in-use",
  AbortError: "in-use",
  OverconstrainedError: "unavailable", // devices are asked for by their id alone
} as const;

/**
 * Chromium alone says whether it was the system that refused (flutter-webrtc/flutter-webrtc#1309). For a
 * screen, anything but a person's refusal is the system's (Screen Capture, 5.1).
 */
function codeOf(kind: Kind, name: string, message: string): LiveErrorCode {
  if (name === "TypeError") return "unsupported";
  const reason = name in REASONS ? REASONS[name as keyof typeof REASONS] : "missing";
  if (reason === "denied" && !message.includes("system")) return `${kind}-denied`;
  if (reason === "denied" || kind === "screen") return `${kind}-denied-by-system`;
  return `${kind}-${reason}`;
}

export function stopTracks(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
