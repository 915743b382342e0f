/**
 * Which room may import which, including types and dynamic imports: `npm run lint`. README.md explains
 * the rooms; tests/imports.test.ts checks that these rules find what they are for.
 */

const forbidden = [
  {
    name: "no-cycles",
    comment: "Move what both need to a module below them, or pass it in.",
    from: {},
    to: { circular: true },
  },
  {
    name: "client-stands-alone",
    comment: "It is to become a package of its own, so it depends on no page and on no other package.",
    from: { path: "^client/", pathNot: "(\\.test|/fake-[a-z]+)\\.ts$" },
    to: { pathNot: "^client/" },
  },
  {
    name: "site-is-below-the-pages",
    comment: "What both pages share depends on neither of them.",
    from: { path: "^site/" },
    to: { path: "^(page|admin)/" },
  },
  {
    name: "page-and-admin-are-apart",
    comment: "What both need belongs in site/.",
    from: { path: "^(page|admin)/" },
    to: { path: "^(page|admin)/", pathNot: "^$1/" },
  },
  {
    name: "only-tests-test",
    comment: "Code for tests is not shipped.",
    from: { path: "^(client|site|page|admin)/", pathNot: "\\.test\\.ts$|/fake-" },
    to: { path: "^tests/|\\.test\\.ts$|/fake-" },
  },
  {
    name: "declared",
    comment: "Everything imported is declared in package.json and installed.",
    from: {},
    to: { dependencyTypes: ["npm-no-pkg", "npm-unknown", "unknown", "undetermined"] },
  },
  {
    name: "nothing-for-development",
    comment: "What people load comes from `dependencies`, whose licences are checked.",
    from: { path: "^(client|site|page|admin)/", pathNot: "\\.test\\.ts$|/fake-" },
    to: { dependencyTypes: ["npm-dev"] },
  },
];

export default {
  forbidden: forbidden.map((rule) => ({ ...rule, severity: "error" })),
  options: {
    // The only one of its parsers that reads TypeScript without TypeScript's own API.
    parser: "swc",
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    // Our own builds only: many packages are in a dist of theirs, and would count as not imported.
    exclude: { path: "^(dist|tests/[^/]+/[^/]+/dist)/" },
    enhancedResolveOptions: {
      extensions: [".ts", ".mts", ".mjs", ".js"],
      exportsFields: ["exports"],
      conditionNames: ["types", "import", "node", "default"],
    },
  },
};
