/**
 * The grammar of WWW-Authenticate, Proxy-Authenticate, Authorization and Proxy-Authorization. RFC 9110 §11. Values are
 * byte strings, as everywhere in header fields.
 */

/** One challenge of a server. */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  /** Names in lower case, values unquoted; of a repeated name the first. */
  readonly params: ReadonlyMap<string, string>;
  /** What some schemes have instead of parameters: base64 or the like. */
  readonly token68?: string;
}

/** Credentials as a client sent them: of the same form as a challenge. */
export type Credentials = Challenge;

/** Who is to be known to the server. Never in a message. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

/** Challenges of one message that are looked at; nobody sends as many. */
const MOST = 64;

const SPACE = /[ \t]*/y;
const COMMAS = /[ \t,]*/y;
const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const QUOTED = /"([^"\\]*(?:\\[^][^"\\]*)*)"/y;
const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y;

/**
 * Every challenge of a message, given the values of its fields in order: several in one field, or one each. What
 * cannot be read ends its field; it takes nothing away from the other fields.
 */
export function parseChallenges(fields: readonly string[]): Challenge[] {
  return fields.flatMap((field) => new FieldReader(field).challenges()).slice(0, MOST);
}

/** The credentials in a field's value; undefined where it has none, or more than one. */
export function parseCredentials(field: string): Credentials | undefined {
  const [only, ...more] = new FieldReader(field).challenges();
  return more.length === 0 ? only : undefined;
}

/** Quotes a value for a field: RFC 9110 §5.6.4. */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/** Reads one field's value from left to right. */
class FieldReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  challenges(): Challenge[] {
    const found: Challenge[] = [];
    for (let next = this.#challenge(); next && found.length < MOST; next = this.#challenge())
      found.push(next);
    return found;
  }

  #challenge(): Challenge | undefined {
    this.#take(COMMAS);
    const scheme = this.#take(TOKEN)?.[0].toLowerCase();
    const space = this.#take(SPACE)?.[0];
    if (scheme === undefined || (space === "" && !this.#atMemberEnd())) return this.#giveUp();
    const params = new Map<string, string>();
    if (this.#atMemberEnd()) return { scheme, params };
    let param = this.#param();
    const token68 = param ? undefined : this.#take(TOKEN68)?.[0];
    if (token68 !== undefined) return { scheme, params, token68 };
    // A scheme without parameters that anybody can read: Basic can be answered all the same.
    if (!param) this.#giveUp();
    for (; param; param = this.#param()) {
      if (!params.has(param[0])) params.set(param[0], param[1]);
      this.#take(COMMAS);
    }
    return { scheme, params };
  }

  /** `name = value` up to a comma or the end; without one everything stays where it was. */
  #param(): readonly [string, string] | undefined {
    const start = this.#at;
    const name = this.#take(TOKEN)?.[0].toLowerCase();
    this.#take(SPACE);
    if (name !== undefined && this.#text[this.#at] === "=") {
      this.#at += 1;
      this.#take(SPACE);
      const unquoted = this.#take(QUOTED)?.[1]?.replace(/\\([^])/g, "$1");
      const value = unquoted ?? this.#take(TOKEN)?.[0];
      this.#take(SPACE);
      if (value !== undefined && this.#atMemberEnd()) return [name, value];
    }
    this.#at = start;
    return undefined;
  }

  #atMemberEnd(): boolean {
    return this.#at >= this.#text.length || this.#text[this.#at] === ",";
  }

  /** What follows cannot be understood. */
  #giveUp(): undefined {
    this.#at = this.#text.length;
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match) this.#at = pattern.lastIndex;
    return match ?? undefined;
  }
}
