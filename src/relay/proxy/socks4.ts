/** A SOCKS4 or 4a client. */
import type { TcpEndpoint } from "../../core/endpoint.ts";
import { NcxError } from "../../core/errors.ts";
import {
  decodeRequest4,
  encodeReply4,
  SOCKS4_GRANTED,
  SOCKS4_REJECTED,
  type Socks4Request,
} from "../../protocol/socks.ts";
import type { Connection } from "../../stream/connection.ts";
import { handshakeEnd, type Client } from "./client.ts";
import { readMessage } from "./message.ts";
import { placeOf } from "./socks-place.ts";
import { orRefuse, reachFor, tunnel } from "./tunnel.ts";

/** @throws {NcxError} what the client was refused for. */
export async function serveSocks4(client: Client): Promise<void> {
  const open = async (): Promise<readonly [Connection, TcpEndpoint]> => {
    const request = await readMessage(client.intake, decodeRequest4, handshakeEnd(client));
    if (client.guard) throw refused("a password is asked for, and SOCKS4 has none");
    checkCommand(request);
    const to: TcpEndpoint = { kind: "tcp", host: request.host, port: request.port };
    return [await reachFor(client, to), to];
  };
  const [far, to] = await orRefuse(client, open, () => encodeReply4(SOCKS4_REJECTED));
  client.connection.stream.write(encodeReply4(SOCKS4_GRANTED, placeOf(far.local)));
  await tunnel(client, far, to);
}

function checkCommand({ command }: Socks4Request): void {
  if (command === "connect") return;
  throw refused(`the command ${command} is not supported`);
}

function refused(state: string): NcxError {
  return new NcxError("DENIED", `Cannot serve the SOCKS4 client: ${state}`, { state });
}
