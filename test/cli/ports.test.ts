/** `ncx ports` as a real process, beside one that holds a socket of each kind. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closedPort } from "../helpers/peers.ts";
import { run, scratch, start } from "../helpers/run-cli.ts";
import { holdSockets, type Holder } from "../helpers/socket-holder.ts";
import { findPty, openNcx } from "../helpers/terminal.ts";

let folder: Awaited<ReturnType<typeof scratch>>;
let holder: Holder;
let path: string;

beforeAll(async () => {
  folder = await scratch();
  path = folder.path("held.sock");
  holder = await holdSockets({ path });
});
afterAll(async () => {
  await holder[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const onLinux = describe.skipIf(process.platform !== "linux");

interface Entry {
  protocol: string;
  family?: number;
  address: string;
  port: number;
  state: string;
  pid?: number;
  [key: string]: unknown;
}

/** The entries of the holder that a command line finds, as `protocol address:port state`. */
async function found(...args: string[]): Promise<string[]> {
  const { stdout } = await run(["ports", "--format", "json", `pid=${holder.pid}`, ...args]);
  return (JSON.parse(stdout) as Entry[])
    .map(
      ({ protocol, family, port, state }) =>
        `${protocol}${family === 6 ? "6" : ""} ${nameOf(port)} ${state}`,
    )
    .sort();
}

function nameOf(port: number): string {
  const [name] = Object.entries(holder.ports).find(([, number]) => number === port) ?? ["-"];
  return name;
}

onLinux("ncx ports", () => {
  const LISTENERS = [
    "tcp every LISTEN",
    "tcp tcp4 LISTEN",
    "tcp6 tcp6 LISTEN",
    "udp udp4 UNCONNECTED",
    "udp6 udp6 UNCONNECTED",
  ];
  const ALL = [
    "tcp client ESTABLISHED",
    "tcp every LISTEN",
    "tcp tcp4 ESTABLISHED",
    "tcp tcp4 LISTEN",
    "tcp6 tcp6 LISTEN",
    "udp peer ESTABLISHED",
    "udp udp4 UNCONNECTED",
    "udp6 udp6 UNCONNECTED",
  ];

  test.each<[string, string[]]>([
    ["", LISTENERS],
    ["-l", LISTENERS],
    ["-plunt", LISTENERS],
    ["-tulpn", LISTENERS],
    ["-tulpen", LISTENERS],
    ["-tulpenoW", LISTENERS],
    ["-tuHlepmnor", LISTENERS],
    ["-a", ALL],
    ["-putan", ALL],
    ["-i", ALL],
    ["-nPi", ALL],
    ["-i4", ALL.filter((row) => !/^...6/.test(row))],
    ["-i 6", ALL.filter((row) => /^...6/.test(row))],
    ["-t", LISTENERS.slice(0, 3)],
    ["-u", LISTENERS.slice(3)],
    ["-4", ["tcp every LISTEN", "tcp tcp4 LISTEN", "udp udp4 UNCONNECTED"]],
    ["-6", ["tcp6 tcp6 LISTEN", "udp6 udp6 UNCONNECTED"]],
    ["-x", ["unix - LISTEN"]],
    ["proto=unix", ["unix - LISTEN"]],
    ["-s established -t", ["tcp client ESTABLISHED", "tcp tcp4 ESTABLISHED"]],
    ["-iTCP -sTCP:LISTEN", LISTENERS.slice(0, 3)],
    ["--state listen", LISTENERS.slice(0, 3)],
    ["state=listening", LISTENERS.slice(0, 3)],
    ["--exposure all", ["tcp every LISTEN"]],
    ["exposure=lan", []],
    ["--program nod", []],
    ["--program no*", LISTENERS],
    ["program=node", LISTENERS],
    ["--remote 127.0.0.0/8 -t", ["tcp client ESTABLISHED", "tcp tcp4 ESTABLISHED"]],
    ["remote=10.0.0.0/8", []],
    ["--inet=udp", ["udp peer ESTABLISHED", "udp udp4 UNCONNECTED", "udp6 udp6 UNCONNECTED"]],
  ])("%s", async (line, expected) => {
    expect(await found(...line.split(" ").filter(Boolean))).toEqual(expected);
  });

  test("filters by port: as an operand the local one, with -i either end", async () => {
    const { tcp4 } = holder.ports;
    expect(await found(`${tcp4}`)).toEqual(["tcp tcp4 LISTEN"]);
    expect(await found(`:${tcp4}`)).toEqual(["tcp tcp4 LISTEN"]);
    expect(await found(`port=${tcp4}`)).toEqual(["tcp tcp4 LISTEN"]);
    expect(await found("--port", `${tcp4}`)).toEqual(["tcp tcp4 LISTEN"]);
    expect(await found(`127.0.0.1:${tcp4}`)).toEqual(["tcp tcp4 LISTEN"]);
    expect(await found(`udp:${tcp4}`)).toEqual([]);
    const both = ["tcp client ESTABLISHED", "tcp tcp4 ESTABLISHED", "tcp tcp4 LISTEN"];
    expect(await found("-i", `:${tcp4}`)).toEqual(both);
    expect(await found("-i", `tcp@127.0.0.1:${tcp4}`)).toEqual(both);
    expect(await found("-i", `tcp@[::1]:${tcp4}`)).toEqual([]);
    expect(await found("-a", `remote=:${tcp4}`)).toEqual(["tcp client ESTABLISHED"]);
    expect(await found("--pid", `${holder.pid}`, `${tcp4}`)).toEqual(["tcp tcp4 LISTEN"]);
    expect(await found(path)).toEqual(["unix - LISTEN"]);
    expect(await found(`unix:${path}`)).toEqual(["unix - LISTEN"]);
  });

  test("-i asks beside the other filters, and widens none of them", async () => {
    const { tcp4, client, udp4 } = holder.ports;
    const nobody = `${await closedPort()}`;
    const own = ["tcp tcp4 ESTABLISHED", "tcp tcp4 LISTEN"];
    expect(await found("-iTCP", `${tcp4}`)).toEqual(own);
    expect(await found("-iTCP", `:${tcp4}`)).toEqual(own);
    expect(await found("-i", "tcp", `${tcp4}`)).toEqual(own);
    expect(await found("-i4", `${tcp4}`)).toEqual(own);
    expect(await found("-i", "tcp@127.0.0.1", `${tcp4}`)).toEqual(own);
    expect(await found("inet=tcp", `${tcp4}`)).toEqual(["tcp tcp4 LISTEN"]);
    expect(await found("-iTCP", "-sTCP:LISTEN", `${tcp4}`)).toEqual(["tcp tcp4 LISTEN"]);
    expect(await found("-i", `:${tcp4}`, `${client}`)).toEqual(["tcp client ESTABLISHED"]);
    expect(await found("-iUDP", `${tcp4}`)).toEqual([]);
    expect(await found("-i6", `${tcp4}`)).toEqual([]);
    expect(await found("-iTCP", nobody)).toEqual([]);
    // Several of one kind: any may hold.
    expect(await found("-iUDP", "-iTCP", `${udp4}`, `${tcp4}`)).toEqual([
      ...own,
      "udp udp4 UNCONNECTED",
    ]);
    expect(await found("-iTCP", path)).toEqual([]);
  });

  test("ss's filters are understood, in several words and in one", async () => {
    const { tcp4, client } = holder.ports;
    const [own, far] = [["tcp tcp4 ESTABLISHED"], ["tcp client ESTABLISHED"]];
    expect(await found("-t", "state", "established")).toEqual([...far, ...own]);
    expect(await found("state", "established", "sport", "=", `:${tcp4}`)).toEqual(own);
    expect(await found("state", "established", "and", "sport", "eq", `${tcp4}`)).toEqual(own);
    expect(await found(`state established sport = :${tcp4}`)).toEqual(own);
    expect(await found(`state established sport=:${tcp4}`)).toEqual(own);
    expect(await found("sport", "=", `:${tcp4}`)).toEqual(["tcp tcp4 LISTEN"]);
    expect(await found("dport", "=", `:${tcp4}`)).toEqual(far);
    expect(await found("dst", "127.0.0.1", "dport", "=", `:${client}`)).toEqual(own);
    expect(await found("dst", "10.0.0.0/8", "dport", "=", `:${client}`)).toEqual([]);
    expect(await found(`dst 127.0.0.0/8 sport = :${tcp4}`)).toEqual(own);
    expect(await found(`dst 127.0.0.1:${tcp4}`)).toEqual(far);
  });

  test("-p N is a port, and said to be none of lsof's", async () => {
    const { tcp4 } = holder.ports;
    for (const cluster of ["-p", "-nPp", "-tnp"]) {
      const { code, stdout, stderr } = await run(["ports", "--format", "csv", cluster, `${tcp4}`]);
      expect(code).toBe(0);
      expect(stdout).toContain(`tcp,4,127.0.0.1,${tcp4},`);
      expect(stderr).toContain(
        `-p takes no value: ${tcp4} is a port; for a process use --pid ${tcp4}`,
      );
    }
    for (const line of [`-p -n ${tcp4}`, `-plunt ${tcp4}`, `${tcp4} -p`, `-p :${tcp4}`])
      expect((await run(["ports", ...line.split(" ")])).stderr).toBe("");
  });

  test("-u before a port or a place is UDP's", async () => {
    const { udp4 } = holder.ports;
    expect(await found("-u", `${udp4}`)).toEqual(["udp udp4 UNCONNECTED"]);
    expect(await found("-u", "domain")).toEqual([]);
    expect(await found("-u", `localhost:${udp4}`)).toEqual(["udp udp4 UNCONNECTED"]);
  });

  test("an entry says all that is known", async () => {
    const { tcp4 } = holder.ports;
    const { code, stdout, stderr } = await run(["ports", "--json", `${tcp4}`]);
    expect([code, stderr]).toEqual([0, ""]);
    const [entry] = JSON.parse(stdout) as Entry[];
    expect(entry).toMatchObject({
      protocol: "tcp",
      family: 4,
      address: "127.0.0.1",
      port: tcp4,
      state: "LISTEN",
      exposure: "loopback",
      category: tcp4 >= 49152 ? "dynamic" : "registered",
      pid: holder.pid,
      program: "node",
      inode: expect.any(Number),
      user: expect.any(String),
    });
    expect(entry?.["command"]).toMatch(/node.*sockets-process\.mjs/);
    expect(entry?.["processes"]).toMatchObject([{ pid: holder.pid, fd: expect.any(Number) }]);
  });

  test("prints a table, and every other format", async () => {
    const { every } = holder.ports;
    const table = await run(["ports", `${every}`]);
    expect(table.stdout).toMatch(/^PROTO +LOCAL +STATE +OPEN TO +(SERVICE +)?CATEGORY +USER /);
    expect(table.stdout).toMatch(
      new RegExp(
        `^tcp +0\\.0\\.0\\.0:${every} +LISTEN +all .*\\b${holder.pid} +node +\\S*node`,
        "m",
      ),
    );
    const csv = await run(["ports", "--format", "csv", `${every}`]);
    expect(csv.stdout).toMatch(/^protocol,family,address,port,/);
    expect(csv.stdout).toMatch(
      new RegExp(`^tcp,4,0\\.0\\.0\\.0,${every},0\\.0\\.0\\.0,0,LISTEN,all,`, "m"),
    );
    const lsof = await run(["ports", "--format", "lsof", `${every}`]);
    expect(lsof.stdout).toMatch(
      new RegExp(
        `^node +${holder.pid} +\\S+ +\\d+u +IPv4 +\\d+ +0t0 +TCP +\\*:${every} \\(LISTEN\\)$`,
        "m",
      ),
    );
  });

  test("-e shows the owner by number, and the inode", async () => {
    const { tcp4 } = holder.ports;
    const { stdout: json } = await run(["ports", "--json", `${tcp4}`]);
    const [{ inode, uid, user }] = JSON.parse(json) as [Entry];
    expect([inode, uid]).toEqual([expect.any(Number), process.getuid?.()]);
    const table = await run(["ports", "-e", `${tcp4}`]);
    expect(table.stdout).toMatch(/ USER +UID +INODE +PID /);
    expect(table.stdout).toMatch(new RegExp(` ${user} +${uid} +${inode} +${holder.pid} `));
    const netstat = await run(["ports", "-e", "--format", "netstat", `${tcp4}`]);
    expect(netstat.stdout).toMatch(/ State +User +Inode +PID/);
    expect(netstat.stdout).toMatch(new RegExp(` LISTEN +${user} +${inode} +${holder.pid}/node`));
    const ss = await run(["ports", "-e", "--format", "ss", `${tcp4}`]);
    expect(ss.stdout).toMatch(new RegExp(`\\) (uid:${uid} )?ino:${inode}$`, "m"));
  });

  test.each([
    ["table", 1],
    ["netstat", 2],
    ["ss", 1],
    ["lsof", 1],
    ["csv", 1],
  ])("-H leaves out the titles of %s", async (format, count) => {
    const args = ["ports", "--format", format, `${holder.ports.tcp4}`];
    const [whole, bare] = await Promise.all([run(args), run([...args, "-H"])]);
    const words = (text: string): string[] =>
      text
        .trimEnd()
        .split("\n")
        .map((line) => line.replace(/\s+/g, " "));
    expect(words(whole.stdout)).toHaveLength(count + 1);
    expect(words(bare.stdout)).toEqual(words(whole.stdout).slice(count));
  });

  test("exits with 1 where nothing is found, and says so", async () => {
    const { code, stdout, stderr } = await run(["ports", "--pid", "4194399"]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("nothing that listens was found");
  });

  test.each<[string, RegExp]>([
    ["ports -u root", /-u is UDP[^]*--user root/],
    ["ports -nPu root", /-u is UDP[^]*--user root/],
    ["ports -c nginx", /unknown option "-c"[^]*--program NAME/],
    ["ports -p2934", /unknown option "-2"[^]*--pid N/],
    ["ports established", /that is a state[^]*use state=established/],
    ["ports --kill --yes -p 2934", /Cannot tell what -p 2934 means[^]*--pid 2934 or --port 2934/],
    ["ports -kynPp 2934,7", /Cannot tell what -p 2934,7 means/],
    ["ports -tk -p 2934 80", /Cannot tell what -p 2934 means/],
    ["ports exclude listening", /only state, sport =, dport = and dst are understood/],
    ["ports state", /Cannot read ss's filter at "state"/],
    ["ports sport != :80", /Cannot read ss's filter/],
    ["ports sport = :80 or sport = :81", /Cannot read ss's filter/],
    ["ports sport = :80 sport = :81", /Cannot read ss's filter/],
    ["ports port=80 sport = :81", /Cannot read ss's filter/],
    ["ports remote=:1 dport = :81", /Cannot read ss's filter/],
    ["ports ( sport = :80 )", /Cannot read ss's filter/],
    ["ports src 127.0.0.1", /Cannot read ss's filter/],
    ["ports --format xml", /Cannot use --format "xml"/],
    ["ports 70000", /port must be 0-65535|Cannot parse/],
    ["ports 80-20", /ends before it begins/],
    ["ports prot=tcp", /did you mean proto=/],
    [
      "ports --state open",
      /no socket has it[^]*hint: use listen, .*, connected, synchronized, all$/m,
    ],
    [
      "ports zzz=1",
      /hint: use port=, pid=, program=, user=, state=, remote=, exposure=, category=, proto=, inet=$/m,
    ],
    ["ports --remote nowhere", /not an address/],
    ["ports pid=x", /not a whole number/],
    ["ports --kill", /nothing says what/],
    ["ports --kill --watch 80", /exclude each other/],
    ["ports --watch 0", /the time is 0/],
    ["ports --watch 8080", /longer than an hour/],
    ["ports --json --format csv", /exclude each other/],
    ["ports --why --format ss", /exclude each other/],
    ["ports --watch --format lsof", /exclude each other/],
    ["ports -Q", /unknown option/],
  ])("%s is wrong usage", async (line, message) => {
    const { code, stdout, stderr } = await run(line.split(" "));
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
  });

  test("--why goes from the program up to pid 1, and says where it runs", async () => {
    const { tcp4 } = holder.ports;
    const { code, stdout } = await run(["ports", "--why", "--json", `${tcp4}`]);
    const [{ why = [] } = {}] = JSON.parse(stdout) as { why?: { parents: { pid: number }[] }[] }[];
    expect(code).toBe(0);
    expect(why[0]).toMatchObject({ pid: holder.pid, cwd: process.cwd(), package: "ncx" });
    const parents = why[0]?.parents.map(({ pid }) => pid) ?? [];
    expect(parents[0]).toBe(process.pid);
    expect(parents.at(-1)).toBe(1);
    const text = await run(["ports", "--why", `${tcp4}`]);
    expect(text.stdout).toMatch(/started by +\S+ \(\d+: .* <- /);
    expect(text.stdout).toContain(`directory   ${process.cwd()}`);
  });

  test("--why names in each paragraph the process that it is about", async () => {
    await using target = await holdSockets({ shared: true });
    const { stdout } = await run(["ports", "--why", `${target.ports.tcp4}`]);
    const paragraphs = stdout.trimEnd().split("\n\n");
    const about = paragraphs.map((text) => Number(/node pid (\d+)/.exec(text)?.[1]));
    expect(about[0]).toBe(target.pid);
    expect(new Set(about).size).toBe(2);
    expect(paragraphs[0]).toContain("sockets-process.mjs");
    expect(paragraphs[1]).toMatch(new RegExp(`started by +node \\(${target.pid}: `));
    expect(paragraphs[1]?.split("\n", 1)[0]).not.toContain("sockets-process.mjs");
  });

  test("--watch tells what opens and what closes", async () => {
    await using watching = start(["ports", "--watch", "50ms", "--pid", `${process.pid}`]);
    await watching.said(/watching \d+ sockets?, /);
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    await watching.gave(new RegExp(`^\\+ \\S+ +tcp +127\\.0\\.0\\.1:${port} +LISTEN`, "m"));
    server.close();
    await watching.gave(new RegExp(`^- \\S+ +tcp +127\\.0\\.0\\.1:${port} +LISTEN`, "m"));
    watching.kill("SIGINT");
    expect((await watching.ended).code).toBe(130);
  });

  test("--watch --json prints an object a line, the first when it has begun", async () => {
    await using watching = start(["ports", "--json", "-w", "20ms", "--pid", `${process.pid}`]);
    const [begun] = await watching.gave(/^\{.*"change":"watching".*\}$/m);
    expect(JSON.parse(begun)).toMatchObject({ sockets: expect.any(Number) });
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const [opened] = await watching.gave(
      new RegExp(`^\\{.*"opened".*"port":${port}\\b.*\\}$`, "m"),
    );
    expect(JSON.parse(opened)).toMatchObject({ protocol: "tcp", port, pid: process.pid });
    server.close();
    await watching.gave(new RegExp(`^\\{.*"closed".*"port":${port}\\b.*\\}$`, "m"));
  });
});

onLinux("ncx ports --kill", () => {
  test("asks nobody without a terminal, and ends nothing", async () => {
    const { tcp4 } = holder.ports;
    const { code, stderr } = await run(["ports", "--kill", `${tcp4}`]);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      new RegExp(
        `^node \\(pid ${holder.pid}\\), user .*\\n  tcp  127\\.0\\.0\\.1:${tcp4}  LISTEN\\n`,
      ),
    );
    expect(stderr).toContain("add --yes");
    expect(await found(`${tcp4}`)).toEqual(["tcp tcp4 LISTEN"]);
  });

  test("--yes ends what listens there with SIGTERM", async () => {
    await using target = await holdSockets();
    const { code, stdout } = await run(["ports", "--kill", "--yes", `${target.ports.tcp4}`]);
    expect([code, stdout]).toEqual([0, `node (pid ${target.pid}) ended\n`]);
    expect((await target.ended).signal).toBe("SIGTERM");
  });

  test("what ignores SIGTERM is killed after the grace", async () => {
    await using target = await holdSockets({ deaf: true });
    const port = `${target.ports.tcp4}`;
    const { code, stdout } = await run(["ports", "-ky", "--grace", "100ms", "--json", port]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ pid: target.pid, program: "node", outcome: "killed" });
    expect((await target.ended).signal).toBe("SIGKILL");
  });

  test("spares the processes that started ncx", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const { code, stderr } = await run(["ports", "--kill", "--yes", `${port}`]);
    server.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(/is spared: ncx was started by it/);
  });

  test("finds nothing to end where nothing listens", async () => {
    const { code, stderr } = await run(["ports", "--kill", "--yes", "pid=4194399"]);
    expect(code).toBe(1);
    expect(stderr).toContain("nothing was ended: nobody that listens has pid 4194399");
  });

  // A port that nobody listens at may for a moment be the other end of somebody's connection.
  const UNHELD =
    /^Ncx: nothing was ended: nobody( that listens)? has (port \d+|"127.0.0.1:\d+"|all of what was asked for)$/m;
  // Each names something that is there, and something that is not. All are narrowed to the one process.
  test.each<[string, RegExp]>([
    ["-iTCP NOBODY", UNHELD],
    ["-iTCP :NOBODY", UNHELD],
    ["-iTCP -sTCP:LISTEN NOBODY", UNHELD],
    ["-i4 NOBODY", UNHELD],
    ["-i tcp NOBODY", UNHELD],
    ["inet=tcp NOBODY", UNHELD],
    ["-iUDP PORT", /nobody that listens has all of what was asked for$/m],
    ["-i tcp@127.0.0.1 NOBODY", UNHELD],
    ["PORT NOBODY", UNHELD],
    ["PORT,NOBODY", UNHELD],
    [":PORT 127.0.0.1:NOBODY", UNHELD],
    ["port=PORT,NOBODY", UNHELD],
    ["--port PORT port=NOBODY", UNHELD],
    ["-i :PORT -i :NOBODY", UNHELD],
    ["-iTCP -i :NOBODY PORT", UNHELD],
    ["PORT pid=4194399", /nobody( that listens)? has pid 4194399$/m],
    ["PORT --program node program=nosuch", /nobody( that listens)? has program "nosuch"$/m],
    ["PORT --user nosuch", /nobody that listens has user "nosuch"$/m],
    ["PORT -s listen -s time-wait", /nobody( that listens)? has state "time-wait"$/m],
  ])("%s ends nothing: all that is named has to be there", async (line, message) => {
    await using target = await holdSockets();
    const nobody = `${await closedPort()}`;
    const words = line.replaceAll("PORT", `${target.ports.tcp4}`).replace("NOBODY", nobody);
    const args = ["ports", "--kill", "--yes", "--pid", `${target.pid}`, ...words.split(" ")];
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(message);
    expect(stderr).toContain("nothing was ended: ");
    expect(target.child.exitCode ?? target.child.signalCode).toBeNull();
  });

  test.each([
    "-iTCP",
    "-i",
    "any",
    "-i4",
    "-t",
    "program=*",
    "-iTCP -sTCP:LISTEN",
    "-i udp -i :80",
  ])("%s alone says not what to end", async (line) => {
    const { code, stderr } = await run(["ports", "--kill", ...line.split(" ")]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/nothing says what/);
  });

  test("a refusal is an event with --json", async () => {
    const args = ["ports", "--kill", "--yes", "--json", "-iTCP", `${await closedPort()}`];
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout]).toEqual([1, ""]);
    expect(JSON.parse(stderr)).toMatchObject({
      type: "error",
      message: expect.stringMatching(/^nothing was ended: /),
    });
  });

  test("who shares a socket with a process that is named is not ended", async () => {
    await using target = await holdSockets({ shared: true });
    const { tcp4 } = target.ports;
    const { stdout } = await run(["ports", "--json", `${tcp4}`]);
    const [{ processes = [] } = {}] = JSON.parse(stdout) as { processes?: { pid: number }[] }[];
    const heir = processes.find(({ pid }) => pid !== target.pid)?.pid;
    expect(new Set(processes.map(({ pid }) => pid))).toEqual(new Set([target.pid, heir]));
    const ending = await run(["ports", "--kill", "--yes", "--pid", `${heir}`, `${tcp4}`]);
    expect([ending.code, ending.stdout]).toEqual([0, `node (pid ${heir}) ended\n`]);
    expect(target.child.exitCode ?? target.child.signalCode).toBeNull();
  });
});

const pty = await findPty();

describe.skipIf(!pty || process.platform !== "linux")("on a narrow terminal", () => {
  const terminal = pty as NonNullable<typeof pty>; // else the suite is skipped

  test.each([80, 60, 45])("of %i columns pid and program are there", async (columns) => {
    const args = ["ports", "--pid", `${holder.pid}`, "-t"];
    const ncx = openNcx(terminal, args, { columns });
    await ncx.exited;
    const lines = ncx.raw.replaceAll("\r\n", "\n").trimEnd().split("\n");
    const rows = lines.filter((line) => line.startsWith("tcp"));
    expect(rows).toHaveLength(3);
    expect(Math.max(...rows.map((line) => line.length))).toBeLessThanOrEqual(columns);
    for (const row of rows) expect(row).toMatch(new RegExp(` ${holder.pid} +node\\b`));
    expect(lines.at(-1)).toMatch(/^Ncx: too narrow for CATEGORY\b.*: -W shows all/);
  });

  test("-W leaves no column out, and hints at nothing", async () => {
    const ncx = openNcx(terminal, ["ports", "-Wt", "--pid", `${holder.pid}`], { columns: 60 });
    await ncx.exited;
    expect(ncx.raw).toMatch(/^PROTO .* CATEGORY +USER +PID +PROGRAM +COMMAND/);
    expect(ncx.raw).not.toContain("too narrow");
  });
});

describe.skipIf(!pty || process.platform !== "linux")("on a terminal --kill", () => {
  const terminal = pty as NonNullable<typeof pty>; // else the suite is skipped

  test.each<[string, boolean]>([
    ["n", false],
    ["", false],
    ["y", true],
  ])("asks, and %j is an answer", async (answer, ends) => {
    await using target = await holdSockets();
    const ncx = openNcx(terminal, ["ports", "--kill", `${target.ports.tcp4}`]);
    await ncx.shows(new RegExp(`node \\(pid ${target.pid}\\), user \\S+: .*node`));
    await ncx.shows(new RegExp(`\n  tcp  127\\.0\\.0\\.1:${target.ports.tcp4}  LISTEN\n`));
    await ncx.shows(/End it\? \[y\/N\] /);
    ncx.type(`${answer}\n`);
    expect((await ncx.exited).exitCode).toBe(ends ? 0 : 1);
    if (ends) expect((await target.ended).signal).toBe("SIGTERM");
    else expect(target.child.exitCode ?? target.child.signalCode).toBeNull();
  });
});

describe.skipIf(!pty || process.platform !== "linux")(
  "what follows ^C begins on its own line",
  () => {
    const terminal = pty as NonNullable<typeof pty>; // else the suite is skipped

    test("where --watch ends", async () => {
      const ncx = openNcx(terminal, ["ports", "--watch", "--pid", `${holder.pid}`]);
      await ncx.shows(/watching \d+ sockets, .*\n/);
      ncx.type("\u0003");
      expect((await ncx.exited).exitCode).toBe(130);
      expect(ncx.raw).toMatch(/\^C\r\n$/);
    });

    test.each([
      ["\u0003", 130],
      ["\u0004", 1],
    ])("where --kill is answered with %j", async (key, code) => {
      await using target = await holdSockets();
      const ncx = openNcx(terminal, ["ports", "--kill", `${target.ports.tcp4}`]);
      await ncx.shows(/End it\? \[y\/N\] /);
      ncx.type(key);
      expect((await ncx.exited).exitCode).toBe(code);
      expect(ncx.raw).toMatch(/\[y\/N\] (\^C)?(\^D[\b]*)?\r\nNcx: nothing was ended\r\n$/);
      expect(target.child.exitCode ?? target.child.signalCode).toBeNull();
    });

    test("where --kill waits for what does not end, which is said", async () => {
      await using target = await holdSockets({ deaf: true });
      const port = `${target.ports.tcp4}`;
      const ncx = openNcx(terminal, ["ports", "-ky", "--grace", "1h", port]);
      await target.said(/asked/);
      ncx.type("\u0003");
      expect((await ncx.exited).exitCode).toBe(130);
      const left = `Ncx: node (pid ${target.pid}) was asked to end, and is still there`;
      expect(ncx.raw.replaceAll("\r\n", "\n")).toBe(`^C\n${left}\n`);
      expect(target.child.exitCode ?? target.child.signalCode).toBeNull();
    });
  },
);

const isRoot = process.geteuid?.() === 0;

describe.skipIf(process.platform !== "linux" || !isRoot)("as another user", () => {
  test("--kill ends nothing, and says who could", async () => {
    const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    const cli = new URL("../../dist/cli.cjs", import.meta.url).pathname;
    const args = ["ports", "--kill", "--yes", `${holder.ports.tcp4}`];
    const { code, stdout, stderr } = await run([...nobody, process.execPath, cli, ...args], {
      program: "setpriv",
    });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(
      /nothing was ended: no process is seen that has port \d+; it may be another user's: sudo shows it/,
    );
  });

  test("ncx ports says how many programs it cannot see, and shows the rows all the same", async () => {
    const { tcp4 } = holder.ports;
    const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    const cli = new URL("../../dist/cli.cjs", import.meta.url).pathname;
    const words = [...nobody, process.execPath, cli, "ports", `${tcp4}`];
    const child = spawn("setpriv", words, { stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk) => (stdout += chunk));
    child.stderr.on("data", (chunk) => (stderr += chunk));
    const [code] = await once(child, "close");
    expect(code).toBe(0);
    expect(stdout).toContain(`127.0.0.1:${tcp4}`);
    expect(stderr).toContain(
      "the programs of 1 of 1 sockets cannot be seen: they belong to other users",
    );
  });
});
