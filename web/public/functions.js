/**
 * What answers the functions that you declared in infra/tools.json, by their names. The page loads this
 * file when there are any. Replace it, here before `make deploy` or beside index.html where the site is
 * served; nothing else has to change. web/README.md, "Functions of your own", says what a handler gets.
 *
 *     export default {
 *       open_door: ({ door }) => fetch(`doors/${door}`, { method: "POST" }).then(({ ok }) => ({ ok })),
 *       slow_report: { timeoutMs: 60_000, handler: ({ topic }, { signal }) => report(topic, signal) },
 *     };
 */
export default {};
