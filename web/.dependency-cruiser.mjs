/**
 * Which room may import which, types and dynamic imports too: `npm run lint`. Rooms are explained in
 * README.md; that cycles of every kind are found, tests/imports.test.ts.
 */

const forbidden = [
  {
    name: "no-cycles",
    comment: "Move what both need to a leaf, or hand it in from above.",
    from: {},
    to: { circular: true },
  },
  {
    name: "client-stands-alone",
    comment: "It is a package to be: it knows no page, and needs no other package.",
    from: { path: "^client/", pathNot: "\\.test\\.ts$" },
    to: { pathNot: "^client/" },
  },
  {
    name: "site-is-below-the-pages",
    comment: "What both pages have knows neither of them.",
    from: { path: "^site/" },
    to: { path: "^(page|admin)/" },
  },
  {
    name: "page-and-admin-are-apart",
    comment: "What both need is in site/.",
    from: { path: "^(page|admin)/" },
    to: { path: "^(page|admin)/", pathNot: "^$1/" },
  },
  {
    name: "only-tests-test",
    comment: "What is for tests is not shipped.",
    from: { path: "^(client|site|page|admin)/", pathNot: "\\.test\\.ts$|/fake-" },
    to: { path: "^tests/|\\.test\\.ts$|/fake-" },
  },
  {
    name: "declared",
    comment: "Whatever is imported is in package.json, and is there.",
    from: {},
    to: { dependencyTypes: ["npm-no-pkg", "npm-unknown", "unknown", "undetermined"] },
  },
];

export default {
  forbidden: forbidden.map((rule) => ({ ...rule, severity: "error" })),
  options: {
    // Of the parsers that it knows, the one that reads TypeScript without TypeScript's own API.
    parser: "swc",
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)dist/" },
    enhancedResolveOptions: {
      extensions: [".ts", ".mts", ".mjs", ".js"],
      exportsFields: ["exports"],
      conditionNames: ["types", "import", "node", "default"],
    },
  },
};
