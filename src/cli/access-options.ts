/** From --allow, --deny and their files to what binding takes. */
import { readFileSync, statSync } from "node:fs";
import { parseHost } from "../core/endpoint.ts";
import { NcxError, quote, wrap } from "../core/errors.ts";
import { parseHosts, type HostPattern } from "../core/hosts.ts";
import type { BindOptions } from "../transport/index.ts";
import type { Args } from "./args.ts";
import { protocolOf, toPort } from "./target.ts";
import { cannot } from "./usage.ts";

/** Bytes of one file of hosts: some 300 000 addresses. A longer list is better kept by a firewall. */
const MAX_FILE = 4 * 1024 * 1024;

type Lists = Pick<Args, "allow" | "allowFile" | "deny" | "denyFile">;

/**
 * Both lists, what the files have included, and the limits.
 *
 * @throws {NcxError} ADDRESS for what is no host, with its file and line; USAGE for an empty list on the command line;
 *   DENIED, REFUSED and their like for a file that cannot be read.
 */
export function accessOptions(args: Args): BindOptions {
  const { denyMode, maxConnsPerIp, acceptRate } = args;
  const allow = hostsOf("allow", args);
  const deny = hostsOf("deny", args);
  return {
    ...(allow && { allow }),
    ...(deny && { deny }),
    ...(denyMode !== undefined && { denyMode }),
    ...(maxConnsPerIp !== undefined && { maxConnsPerIp }),
    ...(acceptRate !== undefined && { acceptRate }),
  };
}

/** The one host, and the port there, that `nc.traditional -l -p 8080 host port` lets in. @throws {NcxError} USAGE, ADDRESS. */
export function listenPeer(args: Args): Pick<BindOptions, "allow" | "peerPort"> {
  const [host = "", port] = args.operands;
  const act = `listen for the peer ${quote(host)}`;
  const form = "nc -l -p 8080 host";
  if (/^\d+$/.test(host)) throw cannot(act, "it is a port", `nc -l -p ${host}`);
  if (args.allow ?? args.allowFile) throw cannot(act, "--allow was given as well", "give one");
  const [peer, ...more] = parseHosts(parseHost(host));
  if (!peer || more.length > 0 || peer.kind === "any" || peer.kind === "octets")
    throw cannot(act, "it is not one host", form);
  const peerPort = port === undefined ? undefined : toPort(port, protocolOf(args));
  if (peerPort === 0) throw cannot(act, "nobody has port 0", `${form} 1024`);
  return { allow: [peer], ...(peerPort !== undefined && { peerPort }) };
}

/** Undefined where no flag names the list; a file without a host makes an empty one. */
function hostsOf(list: "allow" | "deny", args: Lists): HostPattern[] | undefined {
  const texts = args[list];
  const files = list === "allow" ? args.allowFile : args.denyFile;
  if (!texts && !files) return undefined;
  return [
    ...(texts ?? []).flatMap((text) => hostsOnLine(list, text)),
    ...(files ?? []).flatMap((file) => hostsInFile(list, file)),
  ];
}

/** An empty value is a shell variable that was never set: it would let everybody in, or nobody. */
function hostsOnLine(list: "allow" | "deny", text: string): HostPattern[] {
  const hosts = parseHosts(text, `--${list}`);
  if (hosts.length > 0) return hosts;
  throw cannot(`use --${list} ${quote(text)}`, "it names no host", `--${list} 10.0.0.0/8,host`);
}

/** One host or more a line; `#` starts a comment. */
function hostsInFile(list: "allow" | "deny", file: string): HostPattern[] {
  return readList(list, file)
    .split(/\r\n?|\n/)
    .flatMap((line, at) =>
      parseHosts(line.replace(/#.*/, ""), `${quote(file).slice(1, -1)}, line ${at + 1}`),
    );
}

function readList(list: "allow" | "deny", file: string): string {
  const act = `read --${list}-file ${quote(file)}`;
  try {
    const { size } = statSync(file);
    if (size > MAX_FILE)
      throw new NcxError("LIMIT", `Cannot ${act}: it has more than ${MAX_FILE} bytes`);
    return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    throw wrap(act, error);
  }
}
