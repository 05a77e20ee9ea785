/** Environment variables. RFC 1572; the old RFC 1408 has the same form, with VAR and VALUE as 0 and 1 or the other way. */
import { encodeSubnegotiation } from "../telnet.ts";
import { OPTIONS } from "./names.ts";

const VERBS = ["is", "send", "info"] as const;
const VAR = 0;
const VALUE = 1;
const ESC = 2;
const USERVAR = 3;

/** Variables of one message that are read; those beyond are passed over. */
export const MAX_VARIABLES = 256;

export interface Variable {
  /** "var" is one of the well-known: USER, JOB, ACCT, PRINTER, SYSTEMTYPE, DISPLAY. */
  readonly kind: "var" | "uservar";
  readonly name: string;
  /** Absent: undefined at the sender; in a SEND there is never one. */
  readonly value?: string;
}

export interface Environ {
  readonly verb: (typeof VERBS)[number];
  /** In a SEND, what is asked for: an empty name is every variable of the kind; no variables at all are all of both. */
  readonly variables: readonly Variable[];
}

/** Reads a NEW-ENVIRON. The bytes are UTF-8, and anybody's: nothing here is safe to put in an environment. */
export function readEnviron(bytes: Uint8Array): Environ | undefined {
  const verb = VERBS[bytes[0] ?? VERBS.length];
  return verb && { verb, variables: readVariables(bytes.subarray(1)) };
}

interface Draft {
  readonly kind: Variable["kind"];
  readonly name: number[];
  value?: number[];
}

function readVariables(bytes: Uint8Array): Variable[] {
  const drafts: Draft[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    const last = drafts.at(-1);
    if (byte === VAR || byte === USERVAR) {
      if (drafts.length === MAX_VARIABLES) break;
      drafts.push({ kind: byte === VAR ? "var" : "uservar", name: [] });
    } else if (byte === VALUE) {
      if (last) last.value = [];
    } else {
      const plain = byte === ESC ? bytes[++at] : byte;
      if (last && plain !== undefined) (last.value ?? last.name).push(plain);
    }
  }
  return drafts.map(({ kind, name, value }) => ({
    kind,
    name: Buffer.from(name).toString(),
    ...(value && { value: Buffer.from(value).toString() }),
  }));
}

export function encodeEnviron({ verb, variables }: Environ): Uint8Array {
  const parts = variables.flatMap(({ kind, name, value }) => [
    Uint8Array.of(kind === "var" ? VAR : USERVAR),
    escape(name),
    ...(value === undefined ? [] : [Uint8Array.of(VALUE), escape(value)]),
  ]);
  const bytes = Buffer.concat([Uint8Array.of(VERBS.indexOf(verb)), ...parts]);
  return encodeSubnegotiation(OPTIONS["NEW-ENVIRON"], bytes);
}

function escape(text: string): Uint8Array {
  return Uint8Array.from(
    [...Buffer.from(text)].flatMap((byte) => (byte <= USERVAR ? [ESC, byte] : byte)),
  );
}
