/** The requests of one client, one after another. */
import { requestDecoder, type HttpDecoder } from "../../protocol/http/codec.ts";
import { HttpError } from "../../protocol/http/error.ts";
import type { BodyFraming, RequestHead } from "../../protocol/http/framing.ts";
import { Rejection } from "./http-answers.ts";
import type { Intake } from "./intake.ts";

/** Bytes of a line and of a head, and the number of fields: what servers behind will take, and a little more. */
const LIMITS = { line: 32 * 1024, head: 128 * 1024, fields: 500 };

export interface Incoming {
  readonly head: RequestHead;
  readonly framing: BodyFraming;
}

export class Requests {
  readonly #intake: Intake;
  readonly #decoder: HttpDecoder<RequestHead>;
  #lines = 0;
  #over = true;

  constructor(intake: Intake) {
    this.#intake = intake;
    this.#decoder = requestDecoder({ limits: LIMITS, onLine: () => (this.#lines += 1) });
  }

  /** Whether the body of the last request was read to its end. */
  get bodyOver(): boolean {
    return this.#over;
  }

  /** Whether a request has begun whose head is not complete. */
  get begun(): boolean {
    return this.#lines > 0 || this.#decoder.pending;
  }

  /**
   * The next head; undefined when the client has ended.
   *
   * @throws {Rejection} for what is no request; {NcxError} TIMEOUT at `until`.
   */
  async next(until: number): Promise<Incoming | undefined> {
    this.#lines = 0;
    for (;;) {
      const item = this.#item();
      if (item?.type === "head") return this.#begin(item.head, item.framing);
      const chunk = await this.#intake.pull(until);
      if (chunk) this.#decoder.push(chunk);
      else {
        this.#decoder.end();
        this.#item(); // throws where a head is cut
        return undefined;
      }
    }
  }

  /** The body of the request, as it comes. @throws {HttpError} PROTOCOL when it is malformed or cut. */
  async *body(): AsyncGenerator<Buffer> {
    while (!this.#over) {
      const item = this.#decoder.next();
      if (item?.type === "data") yield item.chunk;
      else if (item?.type === "end") this.#over = true;
      else {
        const chunk = await this.#intake.pull();
        if (chunk) this.#decoder.push(chunk);
        else this.#decoder.end();
      }
    }
  }

  #begin(head: RequestHead, framing: BodyFraming): Incoming {
    this.#lines = 0;
    this.#over = false;
    if (framing.kind === "length" && framing.bytes === 0) {
      this.#over = this.#decoder.next()?.type === "end";
      // What follows may not be HTTP; and it can only be given back before the stream has told its end.
      if (head.method === "CONNECT") this.#intake.putBack(this.#decoder.takeRest());
    }
    return { head, framing };
  }

  #item(): ReturnType<HttpDecoder<RequestHead>["next"]> {
    try {
      return this.#decoder.next();
    } catch (error) {
      throw error instanceof HttpError ? this.#rejection(error) : error;
    }
  }

  #rejection(error: HttpError): Rejection {
    const state = error.state ?? "it is not HTTP";
    if (error.code === "UNSUPPORTED") return new Rejection(505, state, { cause: error });
    if (error.code !== "LIMIT") return new Rejection(400, state, { cause: error });
    return new Rejection(this.#lines === 0 ? 414 : 431, state, { cause: error });
  }
}
