/** Flags that cannot stand together, refused before anything is opened. */
import type { Args } from "./args.ts";
import { PERSONALITIES } from "./personality.ts";
import { isMany } from "./socket-options.ts";
import { runsProgram } from "./target.ts";
import { cannot } from "./usage.ts";

/** @throws {NcxError} USAGE for the first contradiction. */
export function refuseContradictions(args: Args): void {
  const { mode, personality, sendOnly, recvOnly, noStdin, shutdown, noShutdown } = args;
  if (sendOnly && recvOnly) throw excluded("--send-only", "--recv-only");
  if (sendOnly && noStdin) throw excluded("--send-only", "--no-stdin");
  if (shutdown && noShutdown) throw excluded("--shutdown", "--no-shutdown");
  if (args.hex && args.jsonEvents)
    throw cannot("use --hex and --json", "both write to stderr", "use --hex-dump FILE");
  if (args.output !== undefined && args.output === args.hexDump)
    throw cannot("use -o and --hex-dump", "they write to the same file", "name another one");
  if (args.rateLimit === 0)
    throw cannot("use --rate-limit 0", "nothing would pass", "leave it away for no limit");
  refuseProgram(args);
  refuseTerminal(args);
  if (mode === "connect" && args.keepOpen && !PERSONALITIES[personality].keepsDialled)
    throw cannot("use --keep-open", "it is for listening", "add -l");
}

/** What a program that takes the terminal's place does not go with. */
function refuseProgram(args: Args): void {
  const { exec, shExec, luaExec, pty, exitFromChild, keepOpen, maxAccepts = 1 } = args;
  const programs = [
    exec !== undefined && "--exec",
    shExec !== undefined && "--sh-exec",
    luaExec !== undefined && "--lua-exec",
  ].filter((flag) => flag !== false);
  const [one] = [...programs, ...(pty ? ["--pty"] : [])];
  if (programs[0] && programs[1]) throw excluded(programs[0], programs[1]);
  if (exitFromChild && !one)
    throw cannot("use --exit-from-child", "no program is run", "add -e, -c or --pty");
  if (exitFromChild && (keepOpen || maxAccepts > 1))
    throw cannot("use --exit-from-child", "there are many clients", "leave --keep-open away");
  if (!one) return;
  const clashes = [
    args.broker && "--broker",
    args.chat && "--chat",
    args.zero && "--zero",
    args.mode === "listen" && args.proxyType !== undefined && "--proxy-type",
  ];
  const clash = clashes.find((flag) => typeof flag === "string");
  if (clash) throw excluded(one, clash);
}

/** What telnet, logins, recordings and a raw terminal do not go with. */
function refuseTerminal(args: Args): void {
  const { mode, raw, escape, record, auth, authFile, telnet, udp, pty } = args;
  if (escape !== undefined && !raw && mode !== "telnet")
    throw cannot("use --escape", "the terminal is not raw", "add --raw");
  if (record !== undefined && !pty)
    throw cannot("use --record", "no program has a terminal", "add --pty");
  if (auth !== undefined && authFile !== undefined) throw excluded("--auth", "--auth-file");
  const session = [
    raw && "--raw",
    telnet && "--telnet",
    auth !== undefined && "--auth",
    authFile !== undefined && "--auth-file",
  ];
  for (const flag of session) {
    if (typeof flag !== "string") continue;
    if (args.zero) throw excluded(flag, "--zero");
    if (mode === "listen" && args.proxyType !== undefined) throw excluded(flag, "--proxy-type");
    if (udp && flag !== "--raw") throw excluded(flag, "--udp");
  }
  if (telnet && args.telnetRefuse) throw excluded("--telnet", "--telnet-refuse");
  if (!raw) return;
  if (runsProgram(args)) throw cannot("use --raw", "a program is run", "leave it away");
  if (mode === "listen" && isMany(args))
    throw cannot("use --raw", "there are many clients", "leave --keep-open away");
  const clash = [args.noStdin && "--no-stdin", args.recvOnly && "--recv-only"].find(Boolean);
  if (typeof clash === "string") throw excluded("--raw", clash);
}

function excluded(one: string, other: string): Error {
  return cannot(`use ${one} and ${other}`, "they exclude each other", "leave one of them away");
}
