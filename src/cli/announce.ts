/** Saying where a server listens. */
import { writeFileSync } from "node:fs";
import { carrierOf, type Endpoint } from "../core/endpoint.ts";
import { quote, wrap } from "../core/errors.ts";
import type { Server } from "../transport/index.ts";
import type { Args } from "./args.ts";
import type { Reporter } from "./report.ts";

/**
 * Says where the servers listen: with -v, or when a free port was asked for, which nobody knows otherwise. Writes the
 * ports to --port-file, one a line.
 */
export function announce(
  servers: readonly Server[],
  asked: readonly Endpoint[],
  args: Args,
  report: Reporter,
): void {
  servers.forEach((server, rule) => {
    const place = asked[rule];
    const at = place && carrierOf(place);
    const level = at && "port" in at && at.port === 0 ? 0 : 1;
    for (const endpoint of server.endpoints) {
      report.event({ type: "listening", endpoint, ...(servers.length > 1 && { rule }) });
      report.news(level, report.wording.listening(endpoint));
    }
  });
  if (args.portFile === undefined) return;
  const ports = servers.map(({ endpoint }) => {
    const at = carrierOf(endpoint);
    return "port" in at ? at.port : 0;
  });
  try {
    writeFileSync(args.portFile, `${ports.join("\n")}\n`);
  } catch (error) {
    throw wrap(`write to ${quote(args.portFile)}`, error);
  }
}
