/** Lists microphones, speakers and cameras, and tells which of them a choice comes to. */

import type { Device } from "../events.ts";

export interface DeviceList {
  readonly microphones: readonly Device[];
  readonly speakers: readonly Device[];
  readonly cameras: readonly Device[];
}

export async function listDevices(): Promise<DeviceList> {
  const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  const of = (kind: MediaDeviceKind): Device[] =>
    all
      .filter((device) => device.kind === kind && device.deviceId !== "")
      .map(({ deviceId, label }) => ({ id: deviceId, label }));
  return { microphones: of("audioinput"), speakers: of("audiooutput"), cameras: of("videoinput") };
}

/**
 * What a choice comes to: the chosen device, or else the system's. That is listed first, and moves when
 * the system's choice changes, with a `devicechange` (Media Capture and Streams, 9.2 and 9.3). Chromium
 * instead lists a `default` first, whose label names the device.
 */
export function inUse(listed: readonly Device[], chosen: string): string {
  const device = listed.find(({ id }) => id === chosen) ?? listed[0];
  return device === undefined ? "" : device.id + device.label;
}
