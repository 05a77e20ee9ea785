/** A SOCKS5 client. RFC 1928, RFC 1929. */
import type { TcpEndpoint } from "../../core/endpoint.ts";
import { errnoOf, NcxError } from "../../core/errors.ts";
import {
  decodeGreeting5,
  decodePassword5,
  decodeRequest5,
  encodeMethod5,
  encodePasswordReply5,
  encodeReply5,
  SOCKS5_NO_AUTH,
  SOCKS5_NO_METHOD,
  SOCKS5_PASSWORD,
  type Decoded,
  type Socks5Request,
} from "../../protocol/socks.ts";
import type { Connection } from "../../stream/connection.ts";
import { handshakeEnd, sayFarewell, type Client } from "./client.ts";
import { readMessage } from "./message.ts";
import { placeOf } from "./socks-place.ts";
import { orRefuse, reachFor, tunnel } from "./tunnel.ts";

/** RFC 1928 §6. */
const GENERAL_FAILURE = 1;
const NOT_ALLOWED = 2;
const NETWORK_UNREACHABLE = 3;
const HOST_UNREACHABLE = 4;
const REFUSED = 5;
const COMMAND_UNKNOWN = 7;
const ADDRESS_UNKNOWN = 8;

/** A refusal with the reply code that tells it. */
class Refusal extends NcxError {
  readonly reply: number;

  constructor(reply: number, state: string) {
    super("DENIED", `Cannot serve the SOCKS5 client: ${state}`, { state });
    this.reply = reply;
  }
}

/** @throws {NcxError} what the client was refused for. */
export async function serveSocks5(client: Client): Promise<void> {
  const until = handshakeEnd(client);
  await greet(client, until);
  const open = async (): Promise<readonly [Connection, TcpEndpoint]> => {
    const { command, host, port } = await readMessage(client.intake, decodeRequest, until);
    if (command !== "connect")
      throw new Refusal(COMMAND_UNKNOWN, `the command ${command} is not supported`);
    const to: TcpEndpoint = { kind: "tcp", host, port };
    return [await reachFor(client, to), to];
  };
  const [far, to] = await orRefuse(client, open, (error) => encodeReply5(replyTo(error)));
  client.connection.stream.write(encodeReply5(0, placeOf(far.local)));
  await tunnel(client, far, to);
}

/** The method, and the password where one is asked for. */
async function greet(client: Client, until: number): Promise<void> {
  const { intake, guard, connection } = client;
  const methods = await readMessage(intake, decodeGreeting5, until);
  const method = guard ? SOCKS5_PASSWORD : SOCKS5_NO_AUTH;
  if (!methods.includes(method)) {
    const state = guard ? "it offers no password" : "it asks for authentication";
    return turnAway(client, encodeMethod5(SOCKS5_NO_METHOD), state);
  }
  connection.stream.write(encodeMethod5(method));
  if (!guard) return;
  const login = await readMessage(intake, decodePassword5, until);
  // RFC 1929 §2: after a failure the connection must be closed.
  if (!guard.knows(login))
    return turnAway(client, encodePasswordReply5(false), "user or password is wrong");
  connection.stream.write(encodePasswordReply5(true));
}

async function turnAway(client: Client, answer: Buffer, state: string): Promise<never> {
  client.connection.stream.write(answer);
  await sayFarewell(client);
  throw new Refusal(NOT_ALLOWED, state);
}

function decodeRequest(input: Buffer): Decoded<Socks5Request> | undefined {
  const type = input[3];
  // Three types there are (RFC 1928 §5), and a reply for any other.
  if (input[0] === 5 && type !== undefined && ![1, 3, 4].includes(type))
    throw new Refusal(ADDRESS_UNKNOWN, `the address type ${type} is unknown`);
  return decodeRequest5(input);
}

function replyTo(error: unknown): number {
  if (error instanceof Refusal) return error.reply;
  if (!(error instanceof NcxError)) return GENERAL_FAILURE;
  switch (error.code) {
    case "REFUSED":
      return REFUSED;
    case "UNREACHABLE":
      return errnoOf(error.cause) === "ENETUNREACH" ? NETWORK_UNREACHABLE : HOST_UNREACHABLE;
    case "RESOLVE":
    case "TIMEOUT":
      return HOST_UNREACHABLE;
    case "DENIED":
      return NOT_ALLOWED;
    default:
      return GENERAL_FAILURE;
  }
}
