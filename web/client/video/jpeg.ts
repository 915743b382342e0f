/** What Gemini gets to see: JPEGs of at most 768 px. */

const LONGEST_SIDE = 768;
const QUALITY = 0.8;

/** Draws and releases the bitmap; browsers encode it off the page's thread. */
export async function jpeg(bitmap: ImageBitmap): Promise<Uint8Array<ArrayBuffer>> {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { alpha: false });
  context?.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
  return new Uint8Array(await blob.arrayBuffer());
}
