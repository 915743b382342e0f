/**
 * The page's own address, with its file even where the address bar leaves that out: providers compare
 * redirect URIs letter by letter, and a bucket, a domain and `make run` have the same.
 */
export function homeOf(page: URL): string {
  return new URL(page.pathname.endsWith("/") ? "index.html" : page.pathname, page).href.replace(
    /[?#].*/,
    "",
  );
}
