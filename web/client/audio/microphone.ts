/** The microphone: asked for, chosen, and its refusals told apart. */

import { LiveError, type LiveErrorCode } from "../errors.ts";

/** Without echo cancellation Gemini hears itself and interrupts itself (cookbook 356). */
const PROCESSING = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** `id` empty is the system's choice. Rejects with a `LiveError`. */
export async function openMicrophone(id: string): Promise<MediaStream> {
  return open("microphone", {
    audio: { ...PROCESSING, channelCount: 1, deviceId: id === "" ? {} : { exact: id } },
  });
}

/** Rejects with a `LiveError` of the device's kind. */
export async function open(
  kind: "microphone" | "camera",
  constraints: MediaStreamConstraints,
): Promise<MediaStream> {
  if (!isSecureContext) throw new LiveError("insecure-context");
  if (navigator.mediaDevices === undefined) throw new LiveError("unsupported");
  try {
    return await navigator.mediaDevices.getUserMedia(constraints);
  } catch (error) {
    throw new LiveError(codeOf(kind, error), { detail: nameOf(error) });
  }
}

/** By the names of the Media Capture and Streams specification, 10.3.5. */
function codeOf(kind: "microphone" | "camera", error: unknown): LiveErrorCode {
  switch (nameOf(error)) {
    case "NotAllowedError":
    case "SecurityError":
      return `${kind}-denied`;
    case "NotReadableError":
    case "AbortError":
      return `${kind}-in-use`;
    case "TypeError":
      return "unsupported";
    default:
      return `${kind}-missing`;
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "unknown";
}

export function stopTracks(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
