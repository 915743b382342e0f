/**
 * Decides which tab a talk belongs to. A duplicated tab has a copy of the first one's storage, and if
 * both resumed one talk, each would cut the other off. So a tab holds a lock for as long as it is open
 * (Web Locks); the browser releases it with the page.
 */

/** After a reload, the page's own lock may still be held for a moment. */
const WAIT_MS = 1000;

const held = new Set<string>();

/** Claim the session's talk for this tab; false if another tab has it. */
export async function claim(
  sessionId: string,
  locks: LockManager | undefined = navigator.locks,
): Promise<boolean> {
  // Without Web Locks there is no secure context, and so no microphone and no talk.
  if (locks === undefined || held.has(sessionId)) return true;
  return new Promise((resolve) => {
    const options = { signal: AbortSignal.timeout(WAIT_MS) };
    const keep = async (): Promise<void> => {
      held.add(sessionId);
      resolve(true);
      return new Promise(() => {}); // released with the page
    };
    locks.request(`livepass.talk.${sessionId}`, options, keep).catch(() => resolve(false));
  });
}
