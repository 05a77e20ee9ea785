/** The telnet server of others, on a free port, with a login shell. Debian's BusyBox has none. */
import { peer } from "./peers-installed.ts";
import { startPeer } from "./real-peers.ts";

export interface TelnetServer extends AsyncDisposable {
  readonly port: number;
}

/** inetutils-telnetd, started for each connection as inetd would. Nobody is asked who they are. */
export async function startTelnetd(): Promise<TelnetServer> {
  const program = `${peer("telnetd")} -h -E "/bin/sh -l"`;
  const listens = ["-d", "-d", "TCP-LISTEN:0,bind=127.0.0.1,fork"];
  const running = startPeer("socat", [...listens, `SYSTEM:'exec ${program}',nofork`]);
  const [, port] = await running.said(/listening on .*:(\d+)/);
  return { port: Number(port), [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
}
