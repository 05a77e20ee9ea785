/** What the user has chosen at the prompt: it outlives a connection, and is there before the first. */
import { defaultSettings, type Settings } from "./settings.ts";

/** A variable for NEW-ENVIRON; the server is told of an exported one only. */
export interface Chosen {
  readonly value: string;
  readonly exported: boolean;
}

export interface Choices {
  /** The byte of the key that opens the prompt; undefined: none does. */
  escape: number | undefined;
  /** What BINARY is asked for. */
  binary: "both" | "out" | undefined;
  readonly settings: Settings;
  readonly variables: Map<string, Chosen>;
  /** What the prompt is for was said. */
  introduced: boolean;
}

/** Where they stand before anything was chosen. */
export function firstChoices({
  escape,
  binary,
  user,
}: {
  escape?: number | undefined;
  binary?: "both" | "out";
  user?: string;
}): Choices {
  const variables = new Map<string, Chosen>();
  if (user !== undefined) variables.set("USER", { value: user, exported: true });
  return { escape, binary, settings: defaultSettings(), variables, introduced: false };
}
