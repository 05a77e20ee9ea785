/** A user of the package, by require(). */
const assert = require("node:assert/strict");
const { connect, listen, parseEndpoint, relay, request } = require("ncx");

for (const each of [connect, listen, relay, request]) assert.equal(typeof each, "function");
assert.deepEqual(parseEndpoint("udp:host:53"), { kind: "udp", host: "host", port: 53 });
assert.ok(require("ncx/package.json").version);
