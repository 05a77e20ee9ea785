/** `-d 5`: another netcat's letter, caught before its number is taken for a port. */
import type { Line } from "./classic.ts";
import type { Personality } from "./personality.ts";

/**
 * The number in `-d 5`, which ncat reads as a delay: -d takes no value here, so it has become an operand. Only where
 * it cannot be the port it looks like: first of several operands, or beyond host and port.
 */
export function strayDelay({ mode, tokens }: Line, personality: Personality): string | undefined {
  if (personality.letters || (mode !== "connect" && mode !== "listen")) return undefined;
  if (
    tokens.some(
      (token) => token.kind === "option" && (token.name === "zero" || token.name === "unix"),
    )
  ) {
    return undefined;
  }
  const operands = tokens.filter((token) => token.kind === "operand");
  for (const [at, token] of tokens.entries()) {
    const before = tokens[at - 1];
    if (token.kind !== "operand" || before?.kind !== "option" || before.spelling !== "-d") continue;
    const place = operands.indexOf(token);
    const odd = place > 1 || (place === 0 && (operands.length > 1 || mode === "connect"));
    if (odd && /^\d+(\.\d+)?(ms|[smh])?$/.test(token.text)) return token.text;
  }
  return undefined;
}
