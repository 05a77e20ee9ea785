/** What a relay and a proxy say of the connections that they link. */
import { formatEndpoint, type Endpoint } from "../../core/endpoint.ts";
import { formatBytes, formatDuration } from "../../core/units.ts";
import type { Connection, LinkReport } from "../../stream/connection.ts";
import type { BindOptions } from "../../transport/index.ts";
import type { Reporter } from "../report.ts";

/** What is told of clients that never get that far. */
export function sayRefused(report: Reporter): Pick<BindOptions, "onFailed" | "onReject"> {
  return {
    onFailed: (error) => report.fail(error),
    onReject(remote, reason) {
      report.event({ type: "reject", remote, reason });
      report.tell(1, `${formatEndpoint(remote)} turned away: ${reason}`);
    },
  };
}

export function sayOpen(
  { id, local, remote }: Connection,
  far: Connection,
  to: Endpoint,
  report: Reporter,
): void {
  report.event({ type: "open", id, local, remote, to: far.remote });
  report.tell(2, `[${id}] ${formatEndpoint(remote)} -> ${formatEndpoint(to)} open`);
}

export function sayClosed(
  { id, remote }: Connection,
  far: Connection,
  { forward: received, backward: sent, duration, reason }: LinkReport,
  to: Endpoint,
  report: Reporter,
): void {
  report.event({ type: "close", id, remote, to: far.remote, sent, received, duration, reason });
  const sizes = `${formatBytes(received)} there, ${formatBytes(sent)} back`;
  const line = `${formatEndpoint(remote)} -> ${formatEndpoint(to)}: ${sizes}`;
  report.tell(1, `[${id}] ${line} in ${formatDuration(duration)} (${reason})`);
}
