/** Converts samples between Gemini's format, signed 16-bit, and Web Audio's, -1 to 1. */

/** Clamped, because a sample beyond full scale would wrap around and crackle. */
export function toPcm(sample: number): number {
  const clamped = sample < -1 ? -1 : sample > 1 ? 1 : sample;
  return Math.round(clamped < 0 ? clamped * 32768 : clamped * 32767);
}

export function fromPcm(sample: number): number {
  return sample / 32768;
}

/** Root mean square of 16-bit samples, 0 to 1. */
export function loudness(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length) / 32768;
}
