#!/usr/bin/env node
// npm's solc as forge calls a compiler: `--version`, or `--standard-json` among paths that are not needed.
"use strict";
const asked = process.argv.includes("--version") ? "--version" : "--standard-json";
process.argv.splice(2, process.argv.length, asked);
require("../../../contracts/solc-node.cjs");
