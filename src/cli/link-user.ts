/** A connection and the user: lines or bytes as they come, or with --raw every key. */
import { link, type LinkOptions } from "../stream/link.ts";
import type { Connection } from "../stream/connection.ts";
import type { Args } from "./args.ts";
import type { Reporter } from "./report.ts";
import { userSide, type Joined } from "./session.ts";
import type { World } from "./world.ts";

/** Links the user's side to the connection. */
export async function linkUser(
  args: Args,
  world: World,
  report: Reporter,
  connection: Connection,
  options: LinkOptions,
): Promise<Joined> {
  if (args.raw) {
    const { linkRaw } = await import("./link-raw.ts");
    return linkRaw(args, world, report, connection, options);
  }
  await using user = userSide(args, world);
  return await link(user, connection, options);
}
