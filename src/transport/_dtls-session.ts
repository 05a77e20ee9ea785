/** One DTLS session without sockets: datagrams of the network in and out, messages of the user in and out. */
import { isIP } from "node:net";
import type { PeerCertificate } from "node:tls";
import { NcxError, quote } from "../core/errors.ts";
import { packRecords } from "../protocol/dtls-records.ts";
import { MAX_RECORD } from "../stream/filters/datagrams.ts";
import { protocolList, withCookie } from "./_dtls-callbacks.ts";
import type { TlsFacts } from "../core/events.ts";
import { made, takeErrors } from "./_dtls-context.ts";
import { factsOf, peerCertificate, refusalOf, sslError } from "./_dtls-facts.ts";
import type { OpenSsl, Ref } from "./_openssl.ts";

// OpenSSL's ssl.h and bio.h.
const SSL_CTRL_SET_MTU = 17;
const SSL_CTRL_SET_TLSEXT_HOSTNAME = 55;
const TLSEXT_NAMETYPE_HOST_NAME = 0;
const DTLS_CTRL_GET_TIMEOUT = 73;
const DTLS_CTRL_HANDLE_TIMEOUT = 74;
const SSL_ERROR_WANT_READ = 2;
const SSL_ERROR_WANT_WRITE = 3;
const SSL_ERROR_ZERO_RETURN = 6;
const BIO_CTRL_RESET = 1;
const BIO_CTRL_PENDING = 10;
const BIO_C_SET_BUF_MEM_EOF_RETURN = 130;

/** Bytes of a datagram of the handshake: what IPv6's least MTU, 1280, leaves beside the headers of IP and UDP. */
const HANDSHAKE_MTU = 1232;

/** What a session tells its owner, during the calls of its methods and from its timer. */
export interface DtlsEvents {
  /** A datagram is to go to the peer. */
  send(datagram: Buffer): void;
  /** The handshake is done; a client has found the certificate good, or takes any. */
  ready(facts: TlsFacts): void;
  /** A message has come. */
  message(message: Buffer): void;
  /** The peer has said that nothing more will come. */
  ended(): void;
  /** A client's peer has shown a certificate that is not to be trusted, for the reason of this name. */
  untrusted(code: string, certificate: Partial<PeerCertificate>): void;
  /** The session is over. */
  failed(error: unknown): void;
}

/** What a client says, and wants to hear. */
export interface AsClient {
  /** The name, or numeric address, that the certificate must be for. */
  readonly servername: string;
  /** Take any certificate. */
  readonly insecure?: boolean;
  readonly alpn?: readonly string[];
}

export interface AsServer {
  /** What the client must show to prove that it is where it says: 1 to 255 bytes. */
  readonly cookie: Buffer;
}

/** Where all sessions take a message or a datagram out; OpenSSL is called by one at a time, to its end. */
const scratch = Buffer.alloc(128 * 1024);

export class DtlsSession {
  readonly #openssl: OpenSsl;
  readonly #events: DtlsEvents;
  readonly #session: Ref;
  readonly #input: Ref;
  readonly #output: Ref;
  readonly #role: AsClient | AsServer;
  #state: "shaking" | "ready" | "freed" = "shaking";
  #timer: NodeJS.Timeout | undefined;

  /** Nothing is sent before `start()`. */
  constructor(openssl: OpenSsl, context: Ref, role: AsClient | AsServer, events: DtlsEvents) {
    this.#openssl = openssl;
    this.#events = events;
    this.#role = role;
    this.#input = newMemory(openssl);
    this.#output = newMemory(openssl);
    this.#session = made(openssl.newSession(context));
    openssl.setBios(this.#session, this.#input, this.#output);
    openssl.sessionCtrl(this.#session, SSL_CTRL_SET_MTU, HANDSHAKE_MTU, null);
    if ("servername" in role) this.#beClient(role);
    else openssl.beServer(this.#session);
  }

  /** Messages pass. */
  get ready(): boolean {
    return this.#state === "ready";
  }

  /** Starts the handshake, or goes on with it. */
  start(): void {
    this.#step();
  }

  /**
   * A server's first step with a peer: answers its hello with the cookie of its address, and takes no hello without.
   * Until it does, nothing is kept of the peer, and no more is sent to it than it has sent. RFC 6347 §4.2.1.
   *
   * @returns whether the hello had the cookie; the same datagram is then to be given to `receive`
   */
  greet(hello: Buffer): boolean {
    const openssl = this.#openssl;
    const address = made(openssl.newAddress());
    this.#feed(hello);
    const result = withCookie("cookie" in this.#role ? this.#role.cookie : undefined, () =>
      openssl.answerHello(this.#session, address),
    );
    openssl.freeAddress(address);
    openssl.clearErrors(); // a hello that is not good is not answered
    this.#flush();
    return result === 1;
  }

  /** A datagram has come. What is not of this session is passed over in silence, as RFC 6347 §4.1.2.7 wants. */
  receive(datagram: Buffer): void {
    if (this.#state === "freed") return;
    this.#feed(datagram);
    this.#step();
  }

  /**
   * Sends a message of 1 to MAX_RECORD bytes: one record, one datagram. An empty one is not sent: OpenSSL makes no
   * empty records.
   */
  send(message: Uint8Array): void {
    if (this.#state !== "ready" || message.length === 0) return;
    this.#openssl.clearErrors();
    const result = this.#openssl.write(this.#session, message, message.length);
    if (result <= 0 && !this.#mayGoOn(result)) return;
    this.#flush();
  }

  /** Says goodbye, where there is somebody to say it to, and frees what is held. */
  close(): void {
    if (this.#state === "freed") return;
    if (this.#state === "ready") {
      this.#openssl.clearErrors();
      this.#openssl.shutDown(this.#session);
      this.#openssl.clearErrors();
      this.#flush();
    }
    this.free();
  }

  /** Frees what is held, without a word to the peer. */
  free(): void {
    if (this.#state === "freed") return;
    this.#state = "freed";
    clearTimeout(this.#timer);
    this.#openssl.freeSession(this.#session); // and the two BIOs
  }

  #beClient({ servername, alpn = [] }: AsClient): void {
    const openssl = this.#openssl;
    openssl.beClient(this.#session);
    this.#expect(servername);
    if (isIP(servername) === 0) {
      const name = Buffer.from(`${servername}\0`);
      openssl.sessionCtrl(
        this.#session,
        SSL_CTRL_SET_TLSEXT_HOSTNAME,
        TLSEXT_NAMETYPE_HOST_NAME,
        name,
      );
    }
    const list = protocolList(alpn);
    if (list.length > 0) openssl.offerProtocols(this.#session, list, list.length);
  }

  /** Without a name OpenSSL takes a certificate for any: a name that it does not take must end all. */
  #expect(name: string): void {
    const openssl = this.#openssl;
    const taken =
      isIP(name) === 0
        ? name !== "" && !name.includes("\0") && openssl.expectHost(this.#session, name)
        : openssl.expectIp(openssl.parametersOf(this.#session), name);
    if (taken === 1) return;
    openssl.freeSession(this.#session); // and the two BIOs
    throw new NcxError("TLS", `Cannot use DTLS: OpenSSL does not take the name ${quote(name)}`);
  }

  #feed(datagram: Buffer): void {
    // What OpenSSL has left of an earlier datagram was of no use to it.
    this.#openssl.bioCtrl(this.#input, BIO_CTRL_RESET, 0, null);
    this.#openssl.bioWrite(this.#input, datagram, datagram.length);
  }

  #step(): void {
    if (this.#state === "shaking") this.#shakeHands();
    if (this.#state === "ready") this.#read();
    if (this.#state !== "freed") this.#setTimer();
  }

  #shakeHands(): void {
    this.#openssl.clearErrors();
    // OpenSSL looks at the cookie a second time.
    const result = withCookie("cookie" in this.#role ? this.#role.cookie : undefined, () =>
      this.#openssl.shakeHands(this.#session),
    );
    if (result !== 1) return void (this.#mayGoOn(result) && this.#flush());
    this.#flush();
    this.#state = "ready";
    const servername = "servername" in this.#role ? this.#role.servername : undefined;
    if (servername !== undefined && !this.#trusts()) return;
    this.#events.ready(factsOf(this.#openssl, this.#session, servername));
  }

  /** As Node does, a client looks at the certificate after the handshake: then there is one to be shown. */
  #trusts(): boolean {
    const refusal = refusalOf(this.#openssl, this.#session);
    if (refusal === undefined || ("insecure" in this.#role && this.#role.insecure)) return true;
    const certificate = peerCertificate(this.#openssl, this.#session);
    this.close();
    this.#events.untrusted(refusal, certificate);
    return false;
  }

  #read(): void {
    const openssl = this.#openssl;
    while (this.#state === "ready") {
      openssl.clearErrors();
      const length = openssl.read(this.#session, scratch, MAX_RECORD);
      if (length <= 0) {
        const more = this.#mayGoOn(length);
        if (more) this.#flush(); // an answer to what the peer has sent again
        return;
      }
      this.#events.message(Buffer.from(scratch.subarray(0, length)));
    }
  }

  /** Whether OpenSSL merely waits for datagrams; else the session has ended, and its owner is told. */
  #mayGoOn(result: number): boolean {
    const openssl = this.#openssl;
    const error = openssl.errorOf(this.#session, result);
    const words = takeErrors(openssl);
    if (error === SSL_ERROR_WANT_READ || error === SSL_ERROR_WANT_WRITE) return true;
    this.#flush(); // the alert that says why
    if (error === SSL_ERROR_ZERO_RETURN) this.#events.ended();
    else this.#failed(words);
    return false;
  }

  #failed(words: string | undefined): void {
    const refusal = refusalOf(this.#openssl, this.#session);
    if (refusal === undefined || this.#state !== "shaking") this.#events.failed(sslError(words));
    else this.#events.untrusted(refusal, peerCertificate(this.#openssl, this.#session));
  }

  /** Sends what OpenSSL has written. */
  #flush(): void {
    const openssl = this.#openssl;
    const waiting = openssl.bioCtrl(this.#output, BIO_CTRL_PENDING, 0, null);
    if (waiting <= 0) return;
    const bytes = Buffer.allocUnsafeSlow(waiting);
    openssl.bioRead(this.#output, bytes, waiting);
    for (const datagram of packRecords(bytes, HANDSHAKE_MTU)) this.#events.send(datagram);
  }

  /** OpenSSL says when it wants to send a flight again that nobody has answered. RFC 6347 §4.2.4. */
  #setTimer(): void {
    clearTimeout(this.#timer);
    const time = Buffer.alloc(16);
    if (this.#openssl.sessionCtrl(this.#session, DTLS_CTRL_GET_TIMEOUT, 0, time) !== 1) return;
    this.#timer = setTimeout(() => this.#sendAgain(), msOf(this.#openssl, time));
  }

  #sendAgain(): void {
    this.#openssl.clearErrors();
    const result = this.#openssl.sessionCtrl(this.#session, DTLS_CTRL_HANDLE_TIMEOUT, 0, null);
    if (result < 0 && !this.#mayGoOn(result)) return;
    this.#flush();
    this.#step();
  }
}

function newMemory(openssl: OpenSsl): Ref {
  const bio = made(openssl.newBio(openssl.memoryMethod()));
  // An empty one is not at its end: more may come.
  openssl.bioCtrl(bio, BIO_C_SET_BUF_MEM_EOF_RETURN, -1, null);
  return bio;
}

/** Of a `struct timeval`: two longs, or a long and something shorter among zeros. */
function msOf({ koffi }: OpenSsl, time: Buffer): number {
  const [seconds, micros] = koffi.decode(time, koffi.array("long", 2)) as Iterable<number | bigint>;
  return Number(seconds) * 1000 + Math.ceil(Number(micros) / 1000);
}
