/** What `services()` takes. */
import type { PortCategory } from "../core/port-category.ts";

export interface ServicesOptions {
  /** Names, aliases, ports (`443`, `20-25`, `22,80`) with or without a protocol (`53/udp`); `*` in a name stands for anything. Default: all. */
  wanted?: readonly string[];
  /** Only ports of this range. */
  category?: PortCategory;
  /** Only `tcp`, `udp`, `sctp` or `dccp`. */
  protocol?: string;
}
