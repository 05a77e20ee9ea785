/** Flags that cannot stand together, refused before anything is opened. */
import type { Args } from "./args.ts";
import { PERSONALITIES } from "./personality.ts";
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

function excluded(one: string, other: string): Error {
  return cannot(`use ${one} and ${other}`, "they exclude each other", "leave one of them away");
}
