/** One side of a telnet connection as a stream sees it, whatever it has to say: a terminal's server, or mere text. */

/** What received bytes lead to, in order. */
export type SideEvent =
  | { readonly type: "data"; readonly bytes: Uint8Array }
  /** To be sent as it is. */
  | { readonly type: "send"; readonly bytes: Uint8Array }
  /** The peer wants no more of it. */
  | { readonly type: "logout" };

export interface TelnetSide {
  /** What is sent before anything is received. */
  start(): Uint8Array;
  /** Views of the chunk, where they can be. */
  receive(chunk: Uint8Array): SideEvent[];
  /** What was kept of the data at the end of the input. */
  flush(): Uint8Array;
  /** Data as it is sent. */
  encode(bytes: Uint8Array): Uint8Array;
}
