/** Bytes to base64 and back; by the browser's own code where it has it (2025), by ours elsewhere. */

interface Native {
  toBase64?(): string;
}
interface NativeConstructor {
  fromBase64?(text: string): Uint8Array<ArrayBuffer>;
}

const NATIVE = Uint8Array as unknown as NativeConstructor;
/** Few enough to be arguments of one call. */
const AT_ONCE = 0x2000;

export function toBase64(bytes: Uint8Array): string {
  const native = bytes as Native;
  if (native.toBase64 !== undefined) return native.toBase64();
  let binary = "";
  for (let at = 0; at < bytes.length; at += AT_ONCE) {
    binary += String.fromCharCode(...bytes.subarray(at, at + AT_ONCE));
  }
  return btoa(binary);
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  if (NATIVE.fromBase64 !== undefined) return NATIVE.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}
