/** Opens microphones and cameras, and tells the reasons for a refusal apart. */

import { LiveError, type LiveErrorCode } from "../errors.ts";

/** Without echo cancellation, Gemini hears itself and interrupts itself (google-gemini/cookbook#356). */
const PROCESSING = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** Open a microphone by device id; empty is the system's choice. Rejects with a `LiveError`. */
export async function openMicrophone(id: string): Promise<MediaStream> {
  return open("microphone", {
    audio: { ...PROCESSING, channelCount: 1, deviceId: id === "" ? {} : { exact: id } },
  });
}

/** Rejects with a `LiveError` for this kind of device. */
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

/** Error names as in Media Capture and Streams, section 10.3.5. */
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
