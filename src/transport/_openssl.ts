/**
 * The functions of OpenSSL that DTLS takes, out of the program that runs: Node's binary exports the library that its
 * own TLS is made of, so there is no second one to find, and its fixes come with Node's.
 */
import { NcxError } from "../core/errors.ts";
import { loadKoffi, type Koffi, type Pointer } from "./_koffi.ts";

/** A pointer that is never null. */
export type Ref = bigint;

/** What each function does is in OpenSSL's manual, section 3, by the name in {@link SIGNATURES}. */
export interface OpenSsl extends Functions {
  readonly koffi: Koffi;
}

interface Functions {
  clientMethod(): Ref;
  serverMethod(): Ref;

  newContext(method: Ref): Pointer;
  freeContext(context: Ref): void;
  contextCtrl(context: Ref, command: number, value: number, pointer: Pointer): number;
  setOptions(context: Ref, options: number): number;
  useCertificate(context: Ref, certificate: Ref): number;
  useKey(context: Ref, key: Ref): number;
  checkKey(context: Ref): number;
  setCiphers(context: Ref, ciphers: string): number;
  setVerify(context: Ref, mode: number, callback: null): void;
  setStore(context: Ref, store: Ref): void;
  nameClientCa(context: Ref, certificate: Ref): number;
  setCookieMaker(context: Ref, callback: Ref): void;
  setCookieChecker(context: Ref, callback: Ref): void;
  setAlpnChooser(context: Ref, callback: Ref, id: Ref): void;
  chooseProtocol(
    chosen: Ref,
    length: Ref,
    ours: Uint8Array,
    ourLength: number,
    theirs: Ref,
    theirLength: number,
  ): number;

  newSession(context: Ref): Pointer;
  freeSession(session: Ref): void;
  sessionCtrl(session: Ref, command: number, value: number, pointer: Uint8Array | null): number;
  setBios(session: Ref, input: Ref, output: Ref): void;
  beClient(session: Ref): void;
  beServer(session: Ref): void;
  expectHost(session: Ref, name: string): number;
  parametersOf(session: Ref): Ref;
  expectIp(parameters: Ref, address: string): number;
  offerProtocols(session: Ref, list: Uint8Array, length: number): number;
  answerHello(session: Ref, address: Ref): number;
  shakeHands(session: Ref): number;
  read(session: Ref, into: Uint8Array, length: number): number;
  write(session: Ref, bytes: Uint8Array, length: number): number;
  shutDown(session: Ref): number;
  errorOf(session: Ref, result: number): number;
  verifyResult(session: Ref): number;
  protocolOf(session: Ref): string;
  askedName(session: Ref, type: number): string | null;
  cipherOf(session: Ref): Pointer;
  cipherName(cipher: Pointer): string;
  peerCertificate(session: Ref): Pointer;
  chosenProtocol(session: Ref, list: [Pointer], length: [number]): void;

  memoryMethod(): Ref;
  newBio(method: Ref): Pointer;
  freeBio(bio: Ref): number;
  bioCtrl(bio: Ref, command: number, value: number, pointer: null): number;
  bioRead(bio: Ref, into: Uint8Array, length: number): number;
  bioWrite(bio: Ref, bytes: Uint8Array, length: number): number;
  newAddress(): Pointer;
  freeAddress(address: Ref): void;

  readCertificate(bio: Ref, place: null, callback: null, passphrase: string): Pointer;
  freeCertificate(certificate: Ref): void;
  writeDer(bio: Ref, certificate: Ref): number;
  readKey(bio: Ref, place: null, callback: null, passphrase: string): Pointer;
  freeKey(key: Ref): void;
  newStore(): Pointer;
  freeStore(store: Ref): void;
  addToStore(store: Ref, certificate: Ref): number;

  clearErrors(): void;
  takeError(): number | bigint;
  errorReason(code: number | bigint): string | null;
}

/** koffi checks the arguments of each call against these. */
const SIGNATURES: Readonly<Record<keyof Functions, string>> = {
  clientMethod: "void *DTLS_client_method()",
  serverMethod: "void *DTLS_server_method()",

  newContext: "void *SSL_CTX_new(void *method)",
  freeContext: "void SSL_CTX_free(void *context)",
  contextCtrl: "long SSL_CTX_ctrl(void *context, int command, long value, void *pointer)",
  setOptions: "uint64_t SSL_CTX_set_options(void *context, uint64_t options)",
  useCertificate: "int SSL_CTX_use_certificate(void *context, void *certificate)",
  useKey: "int SSL_CTX_use_PrivateKey(void *context, void *key)",
  checkKey: "int SSL_CTX_check_private_key(void *context)",
  setCiphers: "int SSL_CTX_set_cipher_list(void *context, const char *ciphers)",
  setVerify: "void SSL_CTX_set_verify(void *context, int mode, void *callback)",
  setStore: "void SSL_CTX_set1_cert_store(void *context, void *store)",
  nameClientCa: "int SSL_CTX_add_client_CA(void *context, void *certificate)",
  setCookieMaker: "void SSL_CTX_set_cookie_generate_cb(void *context, void *callback)",
  setCookieChecker: "void SSL_CTX_set_cookie_verify_cb(void *context, void *callback)",
  setAlpnChooser: "void SSL_CTX_set_alpn_select_cb(void *context, void *callback, void *id)",
  chooseProtocol:
    "int SSL_select_next_proto(void *chosen, void *length, void *ours, uint ourLength, void *theirs, uint theirLength)",

  newSession: "void *SSL_new(void *context)",
  freeSession: "void SSL_free(void *session)",
  sessionCtrl: "long SSL_ctrl(void *session, int command, long value, void *pointer)",
  setBios: "void SSL_set_bio(void *session, void *input, void *output)",
  beClient: "void SSL_set_connect_state(void *session)",
  beServer: "void SSL_set_accept_state(void *session)",
  expectHost: "int SSL_set1_host(void *session, const char *name)",
  parametersOf: "void *SSL_get0_param(void *session)",
  expectIp: "int X509_VERIFY_PARAM_set1_ip_asc(void *parameters, const char *address)",
  offerProtocols: "int SSL_set_alpn_protos(void *session, void *list, uint length)",
  answerHello: "int DTLSv1_listen(void *session, void *address)",
  shakeHands: "int SSL_do_handshake(void *session)",
  read: "int SSL_read(void *session, void *into, int length)",
  write: "int SSL_write(void *session, void *bytes, int length)",
  shutDown: "int SSL_shutdown(void *session)",
  errorOf: "int SSL_get_error(void *session, int result)",
  verifyResult: "long SSL_get_verify_result(void *session)",
  askedName: "const char *SSL_get_servername(void *session, int type)",
  protocolOf: "const char *SSL_get_version(void *session)",
  cipherOf: "void *SSL_get_current_cipher(void *session)",
  cipherName: "const char *SSL_CIPHER_get_name(void *cipher)",
  peerCertificate: "void *SSL_get1_peer_certificate(void *session)",
  chosenProtocol:
    "void SSL_get0_alpn_selected(void *session, _Out_ void **list, _Out_ uint *length)",

  memoryMethod: "void *BIO_s_mem()",
  newBio: "void *BIO_new(void *method)",
  freeBio: "int BIO_free(void *bio)",
  bioCtrl: "long BIO_ctrl(void *bio, int command, long value, void *pointer)",
  bioRead: "int BIO_read(void *bio, void *into, int length)",
  bioWrite: "int BIO_write(void *bio, void *bytes, int length)",
  newAddress: "void *BIO_ADDR_new()",
  freeAddress: "void BIO_ADDR_free(void *address)",

  readCertificate:
    "void *PEM_read_bio_X509(void *bio, void *place, void *callback, const char *passphrase)",
  freeCertificate: "void X509_free(void *certificate)",
  writeDer: "int i2d_X509_bio(void *bio, void *certificate)",
  readKey:
    "void *PEM_read_bio_PrivateKey(void *bio, void *place, void *callback, const char *passphrase)",
  freeKey: "void EVP_PKEY_free(void *key)",
  newStore: "void *X509_STORE_new()",
  freeStore: "void X509_STORE_free(void *store)",
  addToStore: "int X509_STORE_add_cert(void *store, void *certificate)",

  clearErrors: "void ERR_clear_error()",
  takeError: "unsigned long ERR_get_error()",
  errorReason: "const char *ERR_reason_error_string(unsigned long code)",
};

let bound: OpenSsl | undefined;

/**
 * Binds the functions, once for the process.
 *
 * @throws {NcxError} UNSUPPORTED without koffi, or where this Node has no OpenSSL that can be seen.
 */
export async function loadOpenSsl(act: string): Promise<OpenSsl> {
  if (bound) return bound;
  const koffi = await loadKoffi(act, "DTLS");
  try {
    bound = { ...bindFunctions(koffi), koffi };
    return bound;
  } catch (cause) {
    const state = "this build of Node shows none of OpenSSL's functions";
    throw new NcxError("UNSUPPORTED", `Cannot ${act}: ${state}`, {
      state,
      hint: "use a build of Node from nodejs.org",
      cause,
    });
  }
}

function bindFunctions(koffi: Koffi): Functions {
  const program = koffi.load(null);
  const bound = Object.entries(SIGNATURES).map(([name, text]) => [name, program.func(text)]);
  // Each name has the function of its signature, and the interface says the same in other words.
  return Object.fromEntries(bound) as Functions;
}
