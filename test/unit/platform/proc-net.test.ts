import { describe, expect, test } from "vitest";
import { parseInetTable, parseUnixTable } from "../../../src/platform/linux/proc-net.ts";

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:9585 00000000:0000 0A 00000000:00000003 00:00000000 00000000     0        0 7992 1 00000000baee8e9c 100 0 0 10 0
   1: 0F02000A:0016 0202000A:E3A2 01 00000024:0000000B 01:00000017 00000000  1000        0 26482 4 00000000c8b8e1a6 20 4 30 10 -1
  12: 0100007F:1F90 0100007F:C350 06 00000000:00000000 03:000016D9 00000000     0        0 0 3 00000000d5b4a3f1
`;

const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:9D6F 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7993 1 00000000575d49ce 100 0 0 10 0
   1: 000080FE00000000FF005450B6AD1DFE:0035 B80D01200000000001000000FEFFFFFF:01BB 08 00000000:00000000 00:00000000 00000000   101        0 7994 1 0000000000000000 100 0 0 10 0
   2: 0000000000000000FFFF00000100007F:0050 0000000000000000FFFF00000200007F:0051 01 00000000:00000000 00:00000000 00000000   101        0 7995 1 0000000000000000 100 0 0 10 0
`;

const UDP = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  293: 00000000:14E9 00000000:0000 07 00000000:00000D00 00:00000000 00000000   108        0 18212 2 0000000000000000 5
`;

const UNIX = `Num       RefCount Protocol Flags    Type St Inode Path
0000000073c19270: 00000003 00000000 00000000 0001 03  1162
00000000b7c88be7: 00000002 00000000 00010000 0001 01  7994 @ncx@@@@@@@@
0000000055ea54d9: 00000002 00000000 00010000 0005 01   161 /run/udev/control
0000000055ea54da: 00000002 00000000 00000000 0002 01 23512 /run/with a space: 2
0000000055ea54db: 00000002 00000000 00010000 0001 01 23513 relative.sock
`;

describe("parseInetTable()", () => {
  test("reads every field of a listener, a connection and one in TIME_WAIT", () => {
    expect(parseInetTable(TCP, "tcp", "LE")).toEqual([
      {
        protocol: "tcp",
        family: 4,
        address: "127.0.0.1",
        port: 38277,
        remoteAddress: "0.0.0.0",
        remotePort: 0,
        state: "LISTEN",
        sendQueue: 0,
        receiveQueue: 3,
        uid: 0,
        inode: 7992,
        holders: [],
      },
      {
        protocol: "tcp",
        family: 4,
        address: "10.0.2.15",
        port: 22,
        remoteAddress: "10.0.2.2",
        remotePort: 58274,
        state: "ESTABLISHED",
        sendQueue: 36,
        receiveQueue: 11,
        uid: 1000,
        inode: 26482,
        holders: [],
      },
      {
        protocol: "tcp",
        family: 4,
        address: "127.0.0.1",
        port: 8080,
        remoteAddress: "127.0.0.1",
        remotePort: 50000,
        state: "TIME_WAIT",
        sendQueue: 0,
        receiveQueue: 0,
        uid: undefined,
        inode: 0,
        holders: [],
      },
    ]);
  });

  test.each([
    ["06", 0, 0, undefined], // TIME_WAIT
    ["05", 0, 0, undefined], // FIN_WAIT2 that no process has any more
    ["05", 1000, 0, 1000], // newer kernels remember
    ["05", 0, 77, 0],
    ["0A", 0, 77, 0],
    ["03", 0, 0, 0], // SYN_RECV has its listener's owner
    ["0C", 0, 0, 0],
  ])("state %s with uid %i and inode %i is uid %s's", (state, uid, inode, owner) => {
    const line = `0: 0100007F:0050 0100007F:C350 ${state} 00000000:00000000 00:00000000 00000000 ${uid} 0 ${inode} 1 0`;
    expect(parseInetTable(line, "tcp", "LE").map((row) => row.uid)).toEqual([owner]);
  });

  test("writes v6 addresses as RFC 5952 does", () => {
    const places = parseInetTable(TCP6, "tcp", "LE").map((row) => [
      row.family,
      row.address,
      row.remoteAddress,
      row.state,
    ]);
    expect(places).toEqual([
      [6, "::1", "::", "LISTEN"],
      [6, "fe80::5054:ff:fe1d:adb6", "2001:db8::1:ffff:fffe", "CLOSE_WAIT"],
      [6, "::ffff:127.0.0.1", "::ffff:127.0.0.2", "ESTABLISHED"],
    ]);
  });

  test.each([
    ["00000000000000000000000000000000", "::"],
    ["01000000000000000000000000000000", "100::"],
    ["00010000000000000001000000000000", "1::1:0:0:0"],
    ["20010DB8000000000001000000000001", "2001:db8::1:0:0:1"],
    ["20010DB8000000010000000100000001", "2001:db8:0:1:0:1:0:1"],
    ["20010DB8100000000000000A00000000", "2001:db8:1000::a:0:0"],
    ["11112222333344445555666677778888", "1111:2222:3333:4444:5555:6666:7777:8888"],
  ])("big-endian words %s are %s", (digits, address) => {
    const line = `0: ${digits}:0001 ${digits}:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1 1 0`;
    expect(parseInetTable(line, "tcp", "BE").map((row) => row.address)).toEqual([address]);
  });

  test("reads the words of a big-endian machine as they stand", () => {
    const line =
      "0: 7F000001:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1 1 0";
    expect(parseInetTable(line, "tcp", "BE")[0]?.address).toBe("127.0.0.1");
  });

  test("reads udp, where a socket without a peer is not closed", () => {
    expect(parseInetTable(UDP, "udp", "LE")).toMatchObject([
      {
        protocol: "udp",
        address: "0.0.0.0",
        port: 5353,
        state: "UNCONNECTED",
        receiveQueue: 3328,
        uid: 108,
        inode: 18212,
      },
    ]);
  });

  test("passes over a cut or foreign line and keeps the others", () => {
    const lines = TCP.split("\n");
    const text = [lines[0], lines[1]?.slice(0, 60), "garbage", "", lines[2]].join("\n");
    expect(parseInetTable(text, "tcp", "LE").map((row) => row.inode)).toEqual([26482]);
  });
});

describe("parseUnixTable()", () => {
  test("reads names, types and who listens", () => {
    expect(parseUnixTable(UNIX)).toEqual([
      { type: "stream", listening: false, connected: true, inode: 1162, references: 3 },
      {
        type: "stream",
        listening: true,
        connected: false,
        inode: 7994,
        references: 2,
        path: "@ncx",
      },
      {
        type: "seqpacket",
        listening: true,
        connected: false,
        inode: 161,
        references: 2,
        path: "/run/udev/control",
      },
      {
        type: "dgram",
        listening: false,
        connected: false,
        inode: 23512,
        references: 2,
        path: "/run/with a space: 2",
      },
      {
        type: "stream",
        listening: true,
        connected: false,
        inode: 23513,
        references: 2,
        path: "relative.sock",
      },
    ]);
  });

  test("passes over a cut line", () => {
    expect(parseUnixTable("0000000073c19270: 00000003 00000000 0000")).toEqual([]);
  });
});
