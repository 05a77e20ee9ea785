/** TLS over whatever else can be reached: a layer on each connection. RFC 8446, RFC 5246. */
import type { DtlsEndpoint, Endpoint, TlsEndpoint } from "../core/endpoint.ts";
import { NcxError } from "../core/errors.ts";
import type { Connection } from "../stream/connection.ts";
import { dialSignal } from "./deadline.ts";
import { tlsLayer } from "./tls-client.ts";
import { expectedName } from "./tls-names.ts";
import { HANDSHAKE_TIMEOUT, listenTls } from "./tls-server.ts";
import type { BindOptions, DialOptions, Listener, TlsBindOptions, Transport } from "./transport.ts";

export { certificateOf, describeTls, knowsCiphers } from "./tls-stream.ts";

type Dial = (endpoint: Endpoint, options: DialOptions) => Promise<Connection>;
type Bind = (endpoint: Endpoint, options: BindOptions) => Promise<Listener>;

/** The TLS transport over whatever `dial` and `bind` reach. The stream of its connections is a `tls.TLSSocket`. */
export function tlsOver(dial: Dial, bind: Bind): Transport<TlsEndpoint> {
  return {
    async dial(endpoint, options) {
      expectedName(endpoint); // a name that is none is refused before anything is dialled
      const signal = dialSignal(options);
      // With the timeout, too: a further layer beneath is to know that there is one.
      const carrier = await dial(endpoint.over, { ...options, ...(signal && { signal }) });
      return tlsLayer(endpoint, options.tls)(carrier, handshakeSignal(options, signal));
    },
    async listen(endpoint, options) {
      refuseDatagrams(endpoint);
      requireAuthority(options.tls);
      const carriers = await bind(endpoint.over, options);
      try {
        const tls = await withCertificate(endpoint, options.tls ?? {});
        return listenTls(carriers, endpoint, { ...options, tls });
      } catch (error) {
        await carriers[Symbol.asyncDispose]();
        throw error;
      }
    },
  };
}

function refuseDatagrams({ over }: TlsEndpoint): void {
  if (over.kind !== "udp" && over.kind !== "dtls" && over.kind !== "unixgram") return;
  throw new NcxError("UNSUPPORTED", `Cannot listen on tls:${over.kind}: TLS needs a stream`);
}

/** Of a dial: its own deadline, and where it has none, that of every handshake. */
export function handshakeSignal(
  { timeout }: DialOptions,
  signal: AbortSignal | undefined,
): AbortSignal | undefined {
  if (timeout !== undefined) return signal;
  return dialSignal({ ...(signal && { signal }), timeout: HANDSHAKE_TIMEOUT });
}

/** Node's own authorities certify servers, and would let anybody in who has a certificate of a web server. */
export function requireAuthority({ requestCert, ca }: TlsBindOptions = {}): void {
  if (!requestCert || ca !== undefined) return;
  const hint = "give ca: whose certificates are let in?";
  throw new NcxError("USAGE", "Cannot ask for client certificates: no authority was given", {
    hint,
  });
}

/** A listener without a certificate makes one for this run. */
export async function withCertificate(
  { over }: TlsEndpoint | DtlsEndpoint,
  options: TlsBindOptions,
): Promise<TlsBindOptions> {
  if (options.cert !== undefined) return options;
  const { selfSigned } = await import("./certificates.ts");
  const { cert, key, fingerprints } = await selfSigned("host" in over ? [over.host] : []);
  options.onSelfSigned?.(fingerprints);
  return { ...options, cert, key };
}
