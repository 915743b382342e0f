// What a bundler does to the SDK's one dependency, which is CommonJS: p-retry and its retry as one ES module.

const modules = {};

async function load(name, path, dependencies) {
  const source = await (await fetch(path)).text();
  const module = {exports: {}};
  const run = new Function('module', 'exports', 'require', source);
  run(module, module.exports, (wanted) => modules[dependencies[wanted]]);
  modules[name] = module.exports;
}

await load('operation', '/retry/lib/retry_operation.js', {});
await load('retry', '/retry/lib/retry.js', {'./retry_operation': 'operation'});
await load('p-retry', '/p-retry/index.js', {retry: 'retry'});

export default modules['p-retry'];
