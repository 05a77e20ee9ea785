/** `ncx http [METHOD] URL`: one request; the body goes to stdout, everything else to stderr. */
import { NcxError } from "../../core/errors.ts";
import { request, type Reply, type RequestObserver } from "../../http/index.ts";
import type { Args } from "../args.ts";
import type { Reporter } from "../report.ts";
import type { World } from "../world.ts";
import { CurlError, curlCode, curlSentence } from "./_http-exit.ts";
import { isToFile, toRequest } from "./_http-options.ts";
import { writeToFile, writeToStream } from "./_http-output.ts";
import type { Meter } from "./_http-progress.ts";
import { Heads, wireView } from "./_http-wire.ts";

const HTTP_ERROR = 22;

/** Runs the mode; gives one of curl's exit codes. */
export async function run(args: Args, world: World, report: Reporter): Promise<number> {
  const call = new Call(args, world, report);
  try {
    await call.make();
    return 0;
  } catch (error) {
    const code = curlCode(error);
    if (code === undefined || !(error instanceof NcxError)) throw error;
    call.fail(code, error);
    return code;
  }
}

class Call {
  readonly #args: Args;
  readonly #world: World;
  readonly #report: Reporter;
  readonly #heads = new Heads();
  readonly #started = performance.now();
  #reply: Reply | undefined;
  #bytes = 0;

  constructor(args: Args, world: World, report: Reporter) {
    this.#args = args;
    this.#world = world;
    this.#report = report;
  }

  async make(): Promise<void> {
    const { url, options } = await toRequest(this.#args, this.#world);
    const signal = AbortSignal.any([this.#world.stop, this.#world.abort]);
    await using reply = await request(url, {
      ...options,
      bulk: isToFile(this.#args),
      signal,
      observer: this.#observer(),
    });
    this.#reply = reply;
    if (this.#args.fail && reply.status >= 400) {
      throw new CurlError(
        HTTP_ERROR,
        "PROTOCOL",
        `The requested URL returned error: ${reply.status}`,
      );
    }
    const end = await this.#progress();
    try {
      await this.#write(reply);
    } finally {
      end?.();
    }
    const { url: from, wireBytes } = reply;
    const duration = Math.round(performance.now() - this.#started);
    this.#report.event({ type: "body", url: from, wireBytes, bytes: this.#bytes, duration });
  }

  /** One line, as curl says it, and the hint. */
  fail(code: number, error: NcxError): void {
    const { silent, showError, jsonEvents } = this.#args;
    if (jsonEvents) return this.#report.fail(error);
    if (silent && !showError) return;
    const elapsed = performance.now() - this.#started;
    const sentence = curlSentence(code, error, { elapsed, ...this.#meter() });
    this.#tell(`${this.#report.paint("red", `ncx: (${code}) ${sentence}`)}\n`);
    if (error.hint !== undefined) this.#tell(`ncx: hint: ${error.hint}\n`);
  }

  #write(reply: Reply): Promise<void> {
    const { include, head: headOnly, output } = this.#args;
    const head = include || headOnly ? this.#heads.take() : Buffer.alloc(0);
    const body = headOnly ? undefined : reply;
    const count = (bytes: number): void => void (this.#bytes += bytes);
    if (output !== undefined && isToFile(this.#args)) return writeToFile(output, head, body, count);
    // Who says -o - means it.
    const textOnly = this.#world.isTTY.stdout && output === undefined;
    return writeToStream(this.#world.stdout, head, body, count, { textOnly });
  }

  #observer(): RequestObserver {
    const { include, head, verbose, jsonEvents } = this.#args;
    const view =
      verbose > 0 && !jsonEvents
        ? wireView(
            (text) => this.#tell(text),
            (text) => this.#report.paint("dim", text),
          )
        : {};
    const observer: RequestObserver = {
      ...view,
      onResponse: (url, { status, statusText, minor = 1, headers }) => {
        this.#report.event({
          type: "response",
          url,
          status,
          statusText,
          httpVersion: `1.${minor}`,
          headers,
        });
      },
    };
    if (!include && !head) return observer;
    return {
      ...observer,
      onLine: (direction, line) => {
        view.onLine?.(direction, line);
        if (direction === "received") this.#heads.add(line);
      },
    };
  }

  async #progress(): Promise<(() => void) | undefined> {
    const { silent, jsonEvents, head } = this.#args;
    const wanted = isToFile(this.#args) && !silent && !jsonEvents && !head;
    if (!wanted || !this.#world.isTTY.stderr) return undefined;
    const { showProgress } = await import("./_http-progress.ts");
    return showProgress(this.#world.stderr, this.#world.columns, () => this.#meter());
  }

  #meter(): Meter {
    const length = this.#reply?.header("content-length");
    const announced = length === undefined ? undefined : Number(length);
    return { received: this.#reply?.wireBytes ?? 0, announced };
  }

  #tell(text: string | Buffer): void {
    this.#world.stderr.write(text);
  }
}
