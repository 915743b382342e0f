// Runs every scenario under Node: `node gemini_node.mjs http://127.0.0.1:8090`; prints one line of JSON.

import * as sdk from '@google/genai';

import {runAll} from './gemini_scenarios.mjs';

console.log(JSON.stringify(await runAll(sdk, process.argv[2])));
