import { expect, test } from "vitest";
import { captureRight, libpcapPlaces } from "../../../src/platform/libpcap.ts";

test.each([
  ["linux", ["libpcap.so.0.8", "libpcap.so.1", "libpcap.so"], /apt install libpcap0\.8/],
  ["freebsd", ["libpcap.so.0.8", "libpcap.so.1", "libpcap.so"], /libpcap/],
  ["darwin", ["/usr/lib/libpcap.A.dylib", "libpcap.A.dylib", "libpcap.dylib"], /brew/],
  ["win32", ["C:\\Windows\\System32\\Npcap\\wpcap.dll"], /install Npcap from npcap\.com/],
] as const)(
  "on %s libpcap is looked for as %j, and what to install is named",
  (system, names, hint) => {
    const places = libpcapPlaces(system);
    expect(places.names.slice(0, names.length)).toEqual(names);
    expect(places.hint).toMatch(hint);
    expect(places.state).toMatch(/libpcap|wpcap\.dll/);
  },
);

test("no name on Windows may be found in the folder one stands in", () => {
  for (const name of libpcapPlaces("win32").names)
    expect(name).toMatch(/^(C:)?\\Windows\\System32\\/);
});

test.each([
  ["linux", /CAP_NET_RAW: use sudo, or sudo setcap/],
  ["darwin", /\/dev\/bpf/],
  ["win32", /Npcap/],
] as const)("on %s the right to capture is named", (system, words) => {
  expect(captureRight(system)).toMatch(words);
});
