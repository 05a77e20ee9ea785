/** The command line from end to end: parse, run a command, say what failed. The only place that catches everything. */
import type { Args, Mode } from "./args.ts";
import * as probeCommand from "./commands/probe.ts";
import { refuseContradictions } from "./contradictions.ts";
import { exitCodeOf, TIMED_OUT } from "./exit.ts";
import { parse, personalityOf } from "./parser.ts";
import { isCalledTelnet, PERSONALITIES, type Personality } from "./personality.ts";
import { runPrinting } from "./printing.ts";
import { makeReporter, type Reporter, type Voice } from "./report.ts";
import { VERSION } from "./version.ts";
import type { World } from "./world.ts";

interface Command {
  run(args: Args, world: World, report: Reporter): Promise<number>;
}

/** Scripts ask in loops whether a port is open: that is here at once. The rest is loaded when called for. */
const COMMANDS: Readonly<Record<Mode, (args: Args) => Command | Promise<Command>>> = {
  connect: ({ zero }) => (zero ? probeCommand : import("./commands/connect.ts")),
  listen: ({ proxyType }) =>
    proxyType === undefined ? import("./commands/listen.ts") : import("./commands/proxy.ts"),
  relay: () => import("./commands/relay.ts"),
  http: () => import("./commands/http.ts"),
  completion: () => import("./commands/completion.ts"),
  doctor: () => import("./commands/doctor.ts"),
  ports: () => import("./commands/ports.ts"),
  services: () => import("./commands/services.ts"),
  wait: () => import("./commands/wait.ts"),
  "free-port": () => import("./commands/free-port.ts"),
  scan: () => import("./commands/scan.ts"),
  capture: () => import("./commands/capture.ts"),
  telnet: () => import("./commands/telnet.ts"),
};

/** Runs a command line in its world; gives the exit code. Never rejects. */
export async function run(world: World): Promise<number> {
  let personality: Personality = PERSONALITIES.ncx;
  let report = makeReporter({ personality: "ncx", verbose: 0, mode: "connect" }, world);
  try {
    personality = personalityOf(world.argv, world);
    const voice = { ...unparsedVoice(world), personality: personality.name };
    report = makeReporter(muted(voice), world);
    const args = await parse(world.argv, world);
    report = makeReporter(muted(args), world);
    if (args.help || args.version) return await explain(args, personality, world);
    refuseContradictions(args);
    for (const warning of args.warnings ?? []) report.say(warning);
    const command = await COMMANDS[args.mode](args);
    return await inTime(args, world, report, (bounded) =>
      runPrinting(args, bounded, (printing) => command.run(args, printing, report)),
    );
  } catch (error) {
    if (world.stop.aborted || world.abort.aborted) return 1; // by a signal, which has its own exit code
    report.fail(error);
    return exitCodeOf(error, personality);
  }
}

/** How to speak of a line that makes no sense: whatever else it says, --quiet and --json are plain. */
function unparsedVoice({ argv, name }: World): Voice {
  const said = (name: string): boolean => argv.includes(name);
  return {
    personality: "ncx",
    verbose: 0,
    mode: isCalledTelnet(name) || argv[0] === "telnet" ? "telnet" : "connect",
    quiet: said("--quiet"),
    jsonEvents: said("--json-output") || (said("--json") && argv[0] !== "http"),
  };
}

/** --quiet is silence: of sentences and of events. */
function muted(voice: Voice): Voice {
  return voice.quiet ? { ...voice, jsonEvents: false } : voice;
}

async function explain(args: Args, personality: Personality, world: World): Promise<number> {
  if (args.version) world.stdout.write(`ncx ${VERSION}\n`);
  else {
    const { helpText } = await import("./help.ts");
    world.stdout.write(helpText(args.mode, { personality }));
  }
  return 0;
}

/** Runs an act within the total --timeout, which ends everything as a second signal would. */
async function inTime(
  args: Args,
  world: World,
  report: Reporter,
  act: (world: World) => Promise<number>,
): Promise<number> {
  const { timeout } = args;
  if (timeout === undefined) return act(world);
  const deadline = AbortSignal.timeout(timeout);
  const bounded: World = Object.create(world, {
    abort: { value: AbortSignal.any([world.abort, deadline]) },
  });
  const code = await act(bounded).catch((error: unknown) => {
    if (!deadline.aborted) throw error;
  });
  if (!deadline.aborted) return code ?? 1;
  const message = `Timeout: ended after ${timeout} ms in all.`;
  report.say(message);
  report.event({ type: "error", code: "TIMEOUT", message });
  return TIMED_OUT;
}
