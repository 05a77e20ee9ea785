/** Clients that take nothing of what they are told. */
import { Duplex } from "node:stream";
import { expect, test } from "vitest";
import { sendMessage } from "../../../../src/protocol/http/send-body.ts";
import { sayFarewell, untilTaken, type Client } from "../../../../src/relay/proxy/client.ts";
import { Intake } from "../../../../src/relay/proxy/intake.ts";

/** A client's connection that takes a write only when told to. */
function stuck(): { stream: Duplex; client: Client; take(): void } {
  let taken = (): void => {};
  const stream = new Duplex({
    writableHighWaterMark: 4,
    read() {},
    write(_chunk, _encoding, done) {
      taken = done;
    },
  });
  const client = {
    connection: { stream },
    intake: new Intake(stream),
    options: { handshakeTimeout: 20 },
  } as unknown as Client; // what is asked for here
  return { stream, client, take: () => taken() };
}

test("a farewell that is not taken has an end", async () => {
  const { stream, client } = stuck();
  stream.write("answer");
  await sayFarewell(client);
  expect(stream.destroyed).toBe(true);
});

test("an answer that is not taken has an end", async () => {
  const { stream, client } = stuck();
  stream.write("answer");
  await untilTaken(client);
  expect(stream.destroyed).toBe(true);
});

test("a message without a body waits until it is taken", async () => {
  const { stream, take } = stuck();
  const order: string[] = [];
  const sent = sendMessage(stream, Buffer.from("head"), { kind: "length", bytes: 0 }, undefined);
  const told = sent.then(() => order.push("sent"));
  await new Promise(setImmediate);
  order.push("taken");
  take();
  await told;
  expect(order).toEqual(["taken", "sent"]);
});
