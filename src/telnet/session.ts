/**
 * One telnet session: the network on one side, a terminal (or two pipes) on the other.
 *
 *   keys ──▶ line editor, or as they are ──▶ line ends, IAC doubled ──▶ network
 *   screen ◀── charset ◀── line ends, negotiation taken out ◀── inflated ◀── network
 *
 * The prompt takes the keys while it is open, and what the network has to say waits.
 */
import { once } from "node:events";
import { StringDecoder } from "node:string_decoder";
import { setTimeout as delay } from "node:timers/promises";
import { Screen } from "../core/screen.ts";
import { decodeCp437, encodeCp437 } from "../core/cp437.ts";
import { describe } from "../protocol/telnet/describe.ts";
import { TelnetEnd, encodeCommand, type TelnetEndEvent } from "../protocol/telnet/end.ts";
import { MODE_BITS } from "../protocol/telnet/linemode.ts";
import { optionName, OPTIONS, type CommandName } from "../protocol/telnet/names.ts";
import { TelnetParser } from "../protocol/telnet.ts";
import type { Connection } from "../stream/connection.ts";
import { withLargeReads } from "../transport/large-reads.ts";
import { Answers, opening, willingness } from "./answers.ts";
import { firstChoices, type Choices } from "./choices.ts";
import { chunksOf } from "./chunks.ts";
import type { CommandContext } from "./command-context.ts";
import { runCommand } from "./commands.ts";
import { makeCrmod } from "./crmod.ts";
import { inflated } from "./inflated.ts";
import { LineEditor, type LineEvent } from "./line-editor.ts";
import type { Ending, SessionOptions, Terminal } from "./options.ts";
import { HINT, Prompt } from "./prompt.ts";
import { escapeLine } from "./show.ts";

/** Bytes that may wait for a peer that reads nothing: answers beyond are not sent, keys ring the bell. */
const MAX_ANSWERS = 65_536;
const MAX_TYPED = 1_048_576;
/** Bytes after which a pipe waits for the network. */
const MAX_PIPED = 262_144;

/** Milliseconds for a piped input to end, once the server has. */
const SETTLE = 250;

/** Runs a session to its end. The caller closes the connection; the terminal is as it was. */
export async function session(
  connection: Connection,
  terminal: Terminal,
  options: SessionOptions,
): Promise<Ending> {
  await using taken = withLargeReads(connection);
  return await new Session(taken, terminal, options).run();
}

class Session implements CommandContext {
  readonly connected = true;
  readonly end: TelnetEnd;
  readonly answers: Answers;
  readonly choices: Choices;
  readonly terminal: Terminal;
  readonly #connection: Connection;
  readonly #options: SessionOptions;
  readonly #editor: LineEditor;
  readonly #counts = { sent: 0, received: 0, typed: 0 };
  readonly #began = performance.now();
  readonly #sentParser = new TelnetParser();
  readonly #screen: Screen | undefined;
  readonly #crmod = makeCrmod();
  readonly #encode: (bytes: Uint8Array) => Uint8Array;
  #forced: "character" | "line" | undefined;
  #prompt: Prompt | undefined;
  #finish: (ending: Ending) => void = () => {};
  #over = false;
  #inputEnded = false;

  constructor(connection: Connection, terminal: Terminal, options: SessionOptions) {
    this.#connection = connection;
    this.#options = options;
    this.terminal = terminal;
    this.choices = options.choices ?? firstChoices(options);
    this.answers = new Answers(terminal, options, this.choices);
    // Where it is no screen, and nobody types, there is nothing to put back.
    if (terminal.typed && terminal.screen) this.#screen = new Screen();
    this.#encode = encoder(options.charset);
    const newline = terminal.screen ? "\r\n" : "\n";
    this.end = new TelnetEnd({ ...willingness(terminal), newline });
    this.#editor = new LineEditor({
      show: (text) => this.#draw(text),
      echoes: () => !this.end.active("him", OPTIONS.ECHO),
      signals: () => this.#trapsSignals(),
      literally: () => (this.answers.linemode & MODE_BITS.litEcho) !== 0,
    });
  }

  async run(): Promise<Ending> {
    const { input } = this.terminal;
    const { signal } = this.#options;
    const offResize = this.terminal.onResize(() => this.#resized());
    const ended = new Promise<Ending>((resolve) => (this.#finish = resolve));
    const onAbort = (): void => this.#finish({ reason: "aborted" });
    signal?.addEventListener("abort", onAbort);
    try {
      if (signal?.aborted) return { reason: "aborted" };
      this.#setTerminal();
      this.#begin();
      void this.#read();
      input.on("data", this.#onInput).on("end", this.#onInputEnd).on("error", this.#onInputEnd);
      if (input.readableEnded) this.#onInputEnd();
      else input.resume();
      return await ended;
    } finally {
      this.#over = true;
      this.#prompt?.close();
      input.off("data", this.#onInput).off("end", this.#onInputEnd).off("error", this.#onInputEnd);
      input.pause();
      signal?.removeEventListener("abort", onAbort);
      offResize();
      const { sent, received } = this.#counts;
      this.#options.onClose?.({ sent, received, duration: performance.now() - this.#began });
      const rest = this.#screen?.restore() ?? "";
      if (rest !== "" && !this.terminal.output.destroyed) this.terminal.output.write(rest);
      this.terminal.setMode("off");
    }
  }

  /** What is asked for without being asked. */
  #begin(): void {
    if (this.#options.negotiates) this.apply(opening(this.end, this.terminal));
    const { binary } = this.choices;
    if (binary) this.apply(this.end.enable("us", OPTIONS.BINARY));
    if (binary === "both") this.apply(this.end.enable("him", OPTIONS.BINARY));
  }

  // ---- from the network

  async #read(): Promise<void> {
    const chunks = this.#chunks();
    try {
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
        let deflated = await this.#received(next.value);
        while (deflated) deflated = await this.#inflate(deflated, chunks);
        if (this.#over) return;
      }
      await this.#show(this.end.flush());
      this.#finish({ reason: "closed", answered: await this.#saidAll() });
    } catch (error) {
      this.#finish({ reason: "closed", error });
    }
  }

  /** Whether all that was to be said had been: of an input that is over from the start we may hear only now. */
  async #saidAll(): Promise<boolean> {
    const { input, typed } = this.terminal;
    if (typed || this.#inputEnded) return this.#inputEnded;
    const before = this.#counts.typed;
    const heard = new AbortController();
    const { signal } = heard;
    const late = delay(SETTLE, undefined, { signal });
    await Promise.race([once(input, "end", { signal }), late]).catch(() => {});
    heard.abort();
    return this.#inputEnded && this.#counts.typed === before;
  }

  /** What crosses the network. */
  async *#chunks(): AsyncGenerator<Uint8Array, void> {
    const chunks = chunksOf(this.#connection.stream);
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
      this.#counts.received += next.value.length;
      yield next.value;
    }
  }

  /** Takes what is deflated, to its end; gives what is left where it is deflated again after that. */
  async #inflate(
    first: Uint8Array,
    chunks: AsyncIterator<Uint8Array>,
  ): Promise<Uint8Array | undefined> {
    const inflating = inflated(first, chunks);
    let next = await inflating.next();
    for (; !next.done && !this.#over; next = await inflating.next()) {
      // There is no end to one deflated stream within the other: from the second on they are taken as they are.
      let rest = await this.#received(next.value);
      while (rest) rest = await this.#received(rest);
    }
    return next.done && next.value ? await this.#received(next.value) : undefined;
  }

  /** Takes what was received; gives what is left where it is deflated from there on. */
  async #received(chunk: Uint8Array): Promise<Uint8Array | undefined> {
    if (this.choices.settings.netdata) this.#showHex("<", chunk);
    for (const event of this.end.receive(chunk)) {
      if (event.type === "compressed") return event.rest;
      if (event.type === "data") await this.#show(event.bytes);
      else this.#react(event);
      if (this.#over) return undefined;
    }
    return undefined;
  }

  readonly apply = (events: readonly TelnetEndEvent[]): undefined => {
    for (const event of events) this.#react(event);
  };

  #react(event: TelnetEndEvent): void {
    switch (event.type) {
      case "send":
        return this.#answer(event.bytes);
      case "option":
        return this.#changed(event.side, event.option, event.active);
      case "command":
      case "negotiation":
        return this.#trace("<", describe(event));
      case "subnegotiation": {
        const words = describe(event);
        this.#trace("<", words);
        if (event.option === OPTIONS.STATUS && event.bytes[0] === 0) this.#options.say(`${words}`);
        const answer = this.answers.answer(event.option, event.bytes);
        if (answer) this.#answer(answer);
        return this.#setTerminal();
      }
      case "data":
      case "compressed":
    }
  }

  #changed(side: "us" | "him", option: number, active: boolean): void {
    const told = active ? this.answers.activated(side, option) : undefined;
    if (!active) this.answers.ended(side, option);
    if (told) this.#answer(told);
    this.#setTerminal();
  }

  /** An answer goes out unless the peer has stopped reading: to wait for it would be two that wait for each other. */
  #answer(bytes: Uint8Array): void {
    if (this.#connection.stream.writableLength <= MAX_ANSWERS) this.send(bytes);
  }

  readonly #draw = (shown: Uint8Array | string): undefined => {
    this.#screen?.push(shown);
    void this.terminal.output.write(shown);
  };

  /** Writes to the screen, once no prompt is open, and waits until it has room again. */
  async #show(bytes: Uint8Array): Promise<void> {
    await this.#prompt?.closed;
    if (this.#over || bytes.length === 0) return;
    const { output } = this.terminal;
    if (output.destroyed) return this.#finish({ reason: "quit" });
    const text = this.choices.settings.crmod ? this.#crmod(bytes) : bytes;
    this.#draw(decode(text, this.#options.charset));
    if (output.writableLength === 0) return;
    // The chunk's memory is free once it is written. Where that fails, nobody sees it any more.
    const written = new Promise<void>((resolve) => void output.write("", () => resolve()));
    await Promise.race([written, once(output, "close")]).catch(() => {});
    if (output.destroyed) this.#finish({ reason: "quit" });
  }

  // ---- from the keyboard, or a pipe

  readonly #onInput = (chunk: Buffer): void => {
    const { input } = this.terminal;
    if (!this.terminal.typed) return this.#piped(chunk);
    input.pause();
    void this.#typed(chunk).then(
      () => this.#over || input.resume(),
      (error: unknown) => this.#finish({ reason: "closed", error }),
    );
  };

  readonly #onInputEnd = (): void => {
    if (this.#prompt) return this.#finish({ reason: "quit" });
    if (this.terminal.typed) return this.#finish({ reason: "aborted" }); // the terminal has gone
    this.#inputEnded = true;
    // With nothing to say, there is still something to answer.
    if (this.#counts.typed > 0) this.#connection.stream.end();
  };

  #piped(chunk: Uint8Array): void {
    const { input } = this.terminal;
    const { stream } = this.#connection;
    this.#counts.typed += chunk.length;
    this.send(this.end.encode(this.#encode(chunk), { lf: "\r\n" }));
    if (stream.writableLength <= MAX_PIPED) return;
    input.pause();
    const drained = Promise.race([once(stream, "drain"), once(stream, "close")]).catch(() => {});
    void drained.then(() => this.#over || input.resume());
  }

  async #typed(chunk: Uint8Array): Promise<void> {
    const keys: number[] = [];
    const flush = (): void => this.#sendKeys(Buffer.from(keys.splice(0)));
    for (const [at, byte] of chunk.entries()) {
      if (this.#prompt) await this.#promptKey(this.#prompt, byte);
      else if (byte === this.choices.escape) {
        flush();
        this.#openPrompt();
      } else if (this.#isCharacterMode()) keys.push(byte);
      else this.#lineEvent(this.#editor.key(byte));
      if (this.#over || this.#ending) {
        this.terminal.input.unshift(Buffer.from(chunk.subarray(at + 1)));
        return;
      }
    }
    flush();
  }

  /** Keys as they are, each at once. */
  #sendKeys(keys: Buffer): void {
    if (keys.length === 0) return;
    if (!this.end.active("him", OPTIONS.ECHO))
      this.#draw(Buffer.from(keys.toString("latin1").replaceAll("\r", "\r\n"), "latin1"));
    let plain: number[] = [];
    const flush = (): void => {
      const bytes = this.#encode(Buffer.from(plain));
      if (bytes.length > 0) this.#sendTyped(this.end.encode(bytes, this.#newlines()));
      plain = [];
    };
    for (const byte of keys) {
      const command = this.choices.settings.localchars ? SIGNAL_KEYS.get(byte) : undefined;
      if (command === undefined) plain.push(byte);
      else {
        flush();
        this.#sendTyped(encodeCommand(command));
      }
    }
    flush();
  }

  #newlines(): { cr: "\r\0" | "\r\n" } {
    return { cr: this.choices.settings.crlf ? "\r\n" : "\r\0" };
  }

  #lineEvent(event: LineEvent | undefined): void {
    if (!event) return;
    const linemode = this.end.active("us", OPTIONS.LINEMODE);
    switch (event.type) {
      case "line": {
        const text = this.#encode(Buffer.from(event.text));
        const newline = event.ends === "enter" ? "\r\n" : "";
        return this.#sendTyped(this.end.encode(Buffer.concat([text, Buffer.from(newline)])));
      }
      case "eof":
        return this.#sendTyped(linemode ? encodeCommand("EOF") : Buffer.of(4));
      case "interrupt":
        return this.#sendTyped(encodeCommand("IP"));
      case "quit":
        return this.#sendTyped(encodeCommand(linemode ? "ABORT" : "BRK"));
      case "suspend":
        return this.#sendTyped(encodeCommand("SUSP"));
    }
  }

  #sendTyped(bytes: Uint8Array): void {
    if (this.#connection.stream.writableLength > MAX_TYPED) this.terminal.output.write("\u0007");
    else this.send(bytes);
  }

  readonly send = (bytes: Uint8Array): undefined => {
    const { stream } = this.#connection;
    if (!stream.writable || bytes.length === 0) return;
    this.#counts.sent += bytes.length;
    if (this.choices.settings.netdata) this.#showHex(">", bytes);
    if (this.#traces())
      for (const event of this.#sentParser.push(bytes)) this.#trace(">", describe(event));
    // What belongs together goes together: a server may look at one segment at a time.
    if (stream.writableCorked === 0) {
      stream.cork();
      queueMicrotask(() => stream.uncork());
    }
    stream.write(bytes);
  };

  // ---- the prompt

  #ending = false;

  #openPrompt(): void {
    this.terminal.setMode("line");
    this.#prompt = new Prompt(this.terminal, this.choices.introduced ? "\n" : `\n${HINT}`);
    this.choices.introduced = true;
    this.#screen?.push("telnet> ");
  }

  async #promptKey(prompt: Prompt, byte: number): Promise<void> {
    const line = prompt.key(byte);
    if (line === undefined) return;
    if (line.type === "line") this.#screen?.push("\n");
    const ending =
      line.type === "leave" ? { reason: "quit" as const } : await runCommand(line.text, this);
    if (ending) {
      this.#ending = true;
      return this.#finish(ending);
    }
    this.#prompt = undefined;
    this.#mode = undefined;
    this.#setTerminal();
    if (!this.#isCharacterMode()) this.#editor.redraw();
    prompt.close();
  }

  readonly say = (text: string): undefined => {
    void this.terminal.output.write(`${text}\n`);
  };

  readonly force = (mode: "character" | "line"): undefined => {
    this.#forced = mode;
  };

  readonly objection = (open: readonly string[]): string | undefined =>
    this.#options.objection?.(open);

  readonly status = (): string[] => {
    const { place = "the server", secured } = this.#options;
    const { sent, received } = this.#counts;
    const seconds = ((performance.now() - this.#began) / 1000).toFixed(1);
    const [ours, theirs] = [this.end.actives("us"), this.end.actives("him")];
    const names = (options: readonly number[]): string =>
      options.map(optionName).join(", ") || "none";
    return [
      `Connected to ${place}.`,
      ...(secured === undefined ? [] : [secured]),
      this.#isCharacterMode()
        ? "Operating in character mode: each key is sent at once."
        : `Operating ${this.end.active("us", OPTIONS.LINEMODE) ? "with LINEMODE" : "line by line"}: lines are edited here.`,
      this.end.active("him", OPTIONS.ECHO) ? "Remote character echo." : "Local character echo.",
      `Options here: ${names(ours)}.`,
      `Options there: ${names(theirs)}.`,
      `Sent ${sent} bytes, received ${received}, in ${seconds} seconds.`,
      escapeLine(this.terminal.typed ? this.choices.escape : undefined),
    ];
  };

  // ---- modes

  #mode: "line" | "character" | undefined;

  /** RFC 857 and RFC 858 together are "one character at a time"; LINEMODE says it itself. */
  #isCharacterMode(): boolean {
    if (this.#forced) return this.#forced === "character";
    if (this.end.active("us", OPTIONS.LINEMODE))
      return (this.answers.linemode & MODE_BITS.edit) === 0;
    return this.end.active("him", OPTIONS.ECHO) && this.end.active("him", OPTIONS.SGA);
  }

  #trapsSignals(): boolean {
    if (this.choices.settings.localchars !== undefined) return this.choices.settings.localchars;
    if (!this.end.active("us", OPTIONS.LINEMODE)) return true;
    return (this.answers.linemode & MODE_BITS.trapsig) !== 0;
  }

  #setTerminal(): void {
    if (this.#over || this.#prompt || !this.terminal.typed) return;
    const mode = this.#isCharacterMode() ? "character" : "line";
    if (mode === this.#mode) return;
    this.#mode = mode;
    this.terminal.setMode(mode);
    // What was typed for a line is not lost when lines end here.
    if (mode === "character" && !this.#editor.empty)
      this.#sendKeys(Buffer.from(this.#editor.take()));
  }

  #resized(): void {
    const size = this.end.active("us", OPTIONS.NAWS) ? this.answers.size() : undefined;
    if (size) this.#answer(size);
  }

  // ---- what is shown beside

  #traces(): boolean {
    return this.choices.settings.options || this.#options.trace !== undefined;
  }

  #trace(sign: "<" | ">", words: string | undefined): void {
    if (words === undefined) return;
    this.#options.trace?.(`${sign} ${words}`);
    if (this.choices.settings.options && !this.#options.trace)
      this.#options.say(`${sign} ${words}`);
  }

  #showHex(sign: "<" | ">", bytes: Uint8Array): void {
    const hex = Buffer.from(bytes).toString("hex");
    for (let at = 0; at < hex.length; at += 64)
      this.#options.say(`${sign} ${hex.slice(at, at + 64)}`);
  }
}

const SIGNAL_KEYS: ReadonlyMap<number, CommandName> = new Map([
  [0x03, "IP"],
  [0x1c, "BRK"],
  [0x1a, "SUSP"],
]);

function decode(bytes: Uint8Array, charset: SessionOptions["charset"]): Uint8Array | string {
  if (charset === "cp437") return decodeCp437(bytes);
  return charset === "latin1" ? Buffer.from(bytes).toString("latin1") : bytes;
}

/** What UTF-8 is in the other end's characters; a character that is cut waits for its rest. */
function encoder(charset: SessionOptions["charset"]): (bytes: Uint8Array) => Uint8Array {
  if (charset !== "cp437" && charset !== "latin1") return (bytes) => bytes;
  const decoder = new StringDecoder("utf8");
  return (bytes) => {
    const text = decoder.write(Buffer.from(bytes));
    return charset === "cp437" ? encodeCp437(text) : Buffer.from(text, "latin1");
  };
}
