/** Reading one SOCKS message of a client. */
import { NcxError } from "../../core/errors.ts";
import type { Decoded } from "../../protocol/socks.ts";
import type { Intake } from "./intake.ts";

/** No message is longer: a SOCKS4a request has 8 bytes, a user and a name of at most 255 each, and their ends. */
const LONGEST = 520;

/**
 * Reads a message; what comes after it stays unread.
 *
 * @throws {NcxError} PROTOCOL for what is no message, or ends early; TIMEOUT at `until`.
 */
export async function readMessage<T>(
  intake: Intake,
  decode: (input: Buffer) => Decoded<T> | undefined,
  until: number,
): Promise<T> {
  let input = Buffer.alloc(0);
  for (;;) {
    const chunk = await intake.pull(until);
    if (!chunk) throw unreadable("the client closed in the middle");
    input = Buffer.concat([input, chunk]);
    const decoded = decode(input);
    if (decoded) {
      intake.putBack(input.subarray(decoded.size));
      return decoded.value;
    }
    if (input.length > LONGEST) throw unreadable(`it is longer than ${LONGEST} bytes`);
  }
}

function unreadable(state: string): NcxError {
  return new NcxError("PROTOCOL", `Cannot read the SOCKS message: ${state}`, { state });
}
