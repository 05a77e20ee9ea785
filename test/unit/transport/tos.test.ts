import { Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { connect } from "../../../src/connect/index.ts";
import { listen } from "../../../src/listen/index.ts";
import { canSetTos } from "../../../src/transport/index.ts";

const original = Object.getOwnPropertyDescriptor(Socket.prototype, "setTypeOfService");

afterEach(() => {
  if (original) Object.defineProperty(Socket.prototype, "setTypeOfService", original);
  else Reflect.deleteProperty(Socket.prototype, "setTypeOfService");
});

test("tos is set on the dialled and on the accepted socket, where Node has the call", async () => {
  const set: [boolean, number][] = [];
  Object.defineProperty(Socket.prototype, "setTypeOfService", {
    configurable: true,
    value(this: Socket, tos: number) {
      set.push([this.localPort === port, tos]);
    },
  });
  expect(canSetTos()).toBe(true);
  let accepted = (): void => {};
  const came = new Promise<void>((resolve) => (accepted = resolve));
  await using server = await listen("127.0.0.1:0", async () => accepted(), { tos: 8 });
  const port = "port" in server.endpoint ? server.endpoint.port : 0;
  await using _connection = await connect(server.endpoint, { tos: 16 });
  await came;
  expect(set.toSorted(([, a], [, b]) => a - b)).toEqual([
    [true, 8],
    [false, 16],
  ]);
});

test("tos is left alone where Node has no such call", async () => {
  Reflect.deleteProperty(Socket.prototype, "setTypeOfService");
  expect(canSetTos()).toBe(false);
  await using server = await listen("127.0.0.1:0", async () => {});
  await using connection = await connect(server.endpoint, { tos: 16 });
  expect(connection.framing).toBe("stream");
});
