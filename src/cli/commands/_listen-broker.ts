/** `--broker` and `--chat`: the clients among themselves, and our stdin as one more of them. */
import { makeBroker } from "../../listen/index.ts";
import type { LinkOptions } from "../../stream/link.ts";
import type { Args } from "../args.ts";
import { userStreams, type Join } from "../session.ts";
import type { World } from "../world.ts";

export function joinBroker(args: Args, world: World, options: LinkOptions): Join {
  const { input } = userStreams(args, world);
  const broker = makeBroker({ input, link: options, ...(args.chat && { chat: true }) });
  return (connection, signal) => broker.join(connection, signal);
}
