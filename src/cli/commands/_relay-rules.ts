/** The rules of a relay, as they are typed: in pairs, or in ssh's spelling. */
import { carrierOf, formatEndpoint, parseEndpoint, type Endpoint } from "../../core/endpoint.ts";
import { NcxError, quote } from "../../core/errors.ts";
import { servicePort } from "../../platform/services.ts";
import type { Args } from "../args.ts";
import { namesHttpsProxy, outside } from "../target.ts";
import { cannot } from "../usage.ts";

/** One rule: clients of `from` are forwarded to `to`. */
export interface Rule {
  readonly from: Endpoint;
  readonly to: Endpoint;
}

/** Operands in pairs, with or without `--` between them, and each -L. @throws {NcxError} USAGE, ADDRESS. */
export function readRules({ operands, localForward = [], public: everywhere }: Args): Rule[] {
  const places = operands.filter((operand) => operand !== "--"); // after -L alone, it is an operand
  const host = everywhere ? "*" : "localhost";
  if (places.length % 2 === 1 || places.length + localForward.length === 0) {
    const last = places.at(-1);
    const state = last === undefined ? "no rule was given" : `${quote(last)} has no destination`;
    throw cannot("relay", state, "ncx relay 8080 host:80");
  }
  const rules: Rule[] = [];
  for (let at = 0; at < places.length; at += 2) {
    const [from = "", to = ""] = places.slice(at, at + 2);
    rules.push(readRule(from, to, host));
  }
  for (const forward of localForward) rules.push(readLocalForward(forward, host));
  rules.forEach(({ from }, at) => {
    if (!rules.slice(0, at).some((rule) => meet(rule.from, from))) return;
    const state = `two rules listen on ${formatEndpoint(from)}`;
    throw cannot("relay", state, "give each rule a port of its own");
  });
  return rules;
}

/**
 * In a relay it is the addresses that ask for TLS. A flag about it that none of them heeds would leave in clear what is
 * meant not to be. @throws {NcxError} USAGE
 */
export function requireTls(rules: readonly Rule[], args: Args): void {
  const isTls = ({ kind }: Endpoint): boolean => kind === "tls" || kind === "dtls";
  const hint = "write it into the address: tls:8443, tls:host:443";
  if (args.tlsRequestCert && !rules.some(({ from }) => isTls(from)))
    throw cannot("use --tls-request-cert", "no rule listens with TLS", hint);
  const given = Object.keys(args).find((field) => /^tls[A-Z]|^insecure$/.test(field));
  if (given === undefined || namesHttpsProxy(args)) return;
  if (rules.some(({ from, to }) => isTls(from) || isTls(to))) return;
  const flag = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw cannot(`use --${flag}`, "no rule has TLS", hint);
}

function readRule(from: string, to: string, host: string): Rule {
  const near = parseEndpoint(from, { host, service: servicePort });
  const kind = near.kind === "udp" ? "udp" : "tcp";
  const far = parseEndpoint(to, { host: "localhost", kind, service: servicePort });
  if (near.kind === "stdio" || far.kind === "stdio") {
    throw cannot("relay stdio", "it is one connection", "use ncx -l or ncx host port");
  }
  outside(near, "relay");
  outside(far, "relay");
  const place = carrierOf(far);
  if ("port" in place && place.port === 0) {
    const hint = "a port is 1-65535";
    throw new NcxError(
      "ADDRESS",
      `Cannot relay to ${formatEndpoint(far)}: port 0 cannot be dialled`,
      { hint },
    );
  }
  if (meet(near, far)) {
    const state = `${formatEndpoint(far)} is where it would listen`;
    throw cannot("relay", state, "ncx relay 8080 host:80");
  }
  return { from: near, to: far };
}

/** Whether both are the same place, as far as their names tell; port 0 is another one each time. */
function meet(near: Endpoint, far: Endpoint): boolean {
  const [one, other] = [carrierOf(near), carrierOf(far)];
  if (one.kind === "unix" && other.kind === "unix") return one.path === other.path;
  if (!("port" in one && "port" in other)) return false;
  if (one.kind !== other.kind || one.port !== other.port || one.port === 0) return false;
  const hosts = addressesOf(one.host);
  return addressesOf(other.host).some((host) => hosts.includes(host));
}

/** The numeric addresses of this machine that a name or wildcard is known to stand for, bound or dialled. */
function addressesOf(host: string): readonly string[] {
  const name = host.toLowerCase();
  if (["*", "::", "localhost"].includes(name)) return ["127.0.0.1", "::1"];
  return [name === "0.0.0.0" ? "127.0.0.1" : name];
}

/** ssh's form: `[bind:]port:host:hostport`, v6 addresses in brackets. */
function readLocalForward(text: string, host: string): Rule {
  const parts = text.match(/\[[^\]]*\]|[^:]+/g) ?? [];
  const [to, at] = [parts.slice(-2), parts.slice(0, -2)];
  if (at.length < 1 || at.length > 2)
    throw cannot("relay", `${quote(text)} is not [bind:]port:host:port`, "-L 8080:host:80");
  return readRule(at.join(":"), to.join(":"), host);
}
