#!/usr/bin/env node
// The two calls that py-solc-x makes of a compiler, answered by npm's solc (the same compiler, built to JavaScript):
//   --version         prints the version
//   --standard-json   compiles the standard JSON on stdin; all sources stand in it, so no file is ever looked up
"use strict";
const fs = require("fs");

const asked = process.argv[2];
if (asked === "--version") {
  console.log("Version: " + require("solc").version());
} else if (asked === "--standard-json") {
  const output = require("solc").compile(fs.readFileSync(0, "utf8"));
  fs.writeSync(1, output);
} else {
  console.error("solc-node: expected --version or --standard-json, got " + asked);
  process.exit(2);
}
