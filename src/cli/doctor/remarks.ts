/** What is the same line and yet not the same: the habits of a program that ncx does not share. */
import { PERSONALITIES } from "../personality.ts";
import { means, type Reading } from "./reading.ts";

const PROGRAMS: readonly string[] = ["exec", "sh-exec", "lua-exec"];

/** A sentence for each difference that matters to this line. */
export function remarksOn(reading: Reading): string[] {
  const listens = means(reading, "listen");
  return [
    ...(listens ? listening(reading) : connecting(reading)),
    ...ending(reading),
    ...flags(reading, listens),
  ];
}

function runsProgram(reading: Reading): boolean {
  return reading.flags.some(({ meaning }) =>
    typeof meaning === "string" ? PROGRAMS.includes(meaning) : meaning?.rest === true,
  );
}

function listening(reading: Reading): string[] {
  const { program, operands } = reading;
  const { listenFamily, programsOnLoopback, listenOperands, maxConns } = program.habits;
  const remarks: string[] = [];
  const serves = runsProgram(reading) || means(reading, "proxy-type");
  const named = means(reading, "source") || (listenOperands === "bind" && operands.length > 1);
  if (means(reading, "unix")) return remarks;
  if (serves && !programsOnLoopback && !named)
    remarks.push(
      `${program.title} listens on every address, ncx on loopback alone where it runs a program or is a proxy: add --public, and --allow HOSTS`,
    );
  else if (listenFamily === "ipv4" && !named && !means(reading, "ipv4") && !means(reading, "ipv6"))
    remarks.push(`${program.title} listens on IPv4, ncx on IPv4 and IPv6: add -4 for the same`);
  if (runsProgram(reading))
    remarks.push(
      "Whoever connects has the program, with all that you may do: never leave it open to a network",
    );
  if (listenOperands === "peer" && operands.length > 0 && !means(reading, "port"))
    remarks.push(
      `${program.title} takes what follows -l for the one peer that may connect, and listens on a random port: the port to listen on is -p`,
    );
  if (means(reading, "keep-open") && maxConns < PERSONALITIES.ncx.maxConns)
    remarks.push(`${program.title} serves one client at a time, ncx many: add -m 1 for the same`);
  return remarks;
}

function connecting(reading: Reading): string[] {
  const { program, operands, flags: given } = reading;
  const remarks: string[] = [];
  const tls = given.some(({ meaning }) => typeof meaning === "string" && /^tls(-|$)/.test(meaning));
  if (tls && !program.habits.verifiesTls && !means(reading, "tls-verify"))
    remarks.push(
      `${program.title} accepts any certificate here, ncx only good ones: --tls-ca FILE trusts more, --insecure any`,
    );
  if (operands.length > 2 && !means(reading, "zero"))
    remarks.push("ncx connects to one port: with -z it reports on many");
  return remarks;
}

function ending(reading: Reading): string[] {
  const { title, habits } = reading.program;
  if (means(reading, "zero") || runsProgram(reading) || means(reading, "no-stdin")) return [];
  const remarks: string[] = [];
  if (means(reading, "shutdown")) remarks.push("-N is what ncx does without being told");
  else if (!habits.halfClose && !means(reading, "quit-after") && reading.program.name !== "ncx")
    remarks.push(
      `${title} keeps the end of stdin to itself, ncx half-closes the connection: --no-shutdown for the same`,
    );
  if (!habits.endWithPeer)
    remarks.push(`${title} goes on after the peer's end, ncx ends: --half-open for the same`);
  if (
    means(reading, "udp") &&
    habits.udpLinger > PERSONALITIES.ncx.udpLinger &&
    !means(reading, "quit-after")
  )
    remarks.push(
      `${title} waits for UDP's answers for ever, ncx for 1 s after stdin: -q TIME says how long`,
    );
  return remarks;
}

function flags(reading: Reading, listens: boolean): string[] {
  const { program } = reading;
  if (program.name === "ncx") return [];
  const remarks: string[] = [];
  if (means(reading, "hex-dump")) remarks.push("The format of the hex dump is ncx's own");
  if (means(reading, "wait")) {
    if (program.habits.waitIsIdle && !means(reading, "zero"))
      remarks.push(
        `-w of ${program.title} bounds silence as well; in ncx that is --idle-timeout, which exits with 1`,
      );
    else if (listens) remarks.push("-w has nothing to bound in a listener");
  }
  if (means(reading, "telnet-refuse"))
    remarks.push(`${program.title} shows telnet's negotiation among the data, ncx keeps it away`);
  return remarks;
}
