/**
 * A datagram for each usual UDP service that it answers, written from its own specification: an open port that is
 * sent an empty datagram mostly says nothing. None of them changes anything at the other end. Pure.
 */

/** What to send to a UDP port; undefined where no service is known that would answer. */
export function udpQuestion(port: number): Buffer | undefined {
  const make = Object.hasOwn(QUESTIONS, port) ? QUESTIONS[port] : undefined;
  return make?.();
}

/** Ports that have a question. */
export function udpQuestionPorts(): number[] {
  return Object.keys(QUESTIONS).map(Number);
}

const QUESTIONS: Readonly<Record<number, () => Buffer>> = {
  7: () => text("ncx\r\n"), // echo, RFC 862
  13: () => text("\r\n"), // daytime, RFC 867
  17: () => text("\r\n"), // quote of the day, RFC 865
  19: () => text("\r\n"), // character generator, RFC 864
  37: () => Buffer.alloc(0), // time, RFC 868: an empty datagram is the question
  53: () => dns("\x07version\x04bind\0", TXT, CHAOS),
  69: tftp,
  111: () => rpc(100_000),
  123: ntp,
  137: netbios,
  161: snmp,
  177: () => bytes("0001 0002 0001 00"), // XDMCP Query: no authentication names
  389: cldap,
  427: serviceLocation,
  443: quic,
  500: ike,
  520: () => bytes("0101 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0010"), // RIPv1: the whole table, RFC 1058
  623: () => bytes("0600 ff07 0000 0000 0000 0000 0009 2018 c881 0038 8e04 b5"), // IPMI: get channel authentication
  1194: () => bytes("38 0102030405060708 00 00000000"), // OpenVPN: hard reset of a client
  1434: () => bytes("02"), // SQL Server Browser: which instances
  1645: radius,
  1701: l2tp,
  1812: radius,
  1900: () =>
    text(
      'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n',
    ),
  2049: () => rpc(100_003),
  2123: gtp,
  2152: gtp,
  3478: stun,
  3702: () => text(WS_DISCOVERY),
  4500: () => Buffer.concat([bytes("00000000"), ike()]), // RFC 3948 §2.2: no ESP follows
  5060: () => text(SIP),
  5351: () => bytes("0000"), // NAT-PMP: the outer address, RFC 6886 §3.2
  5353: () => dns("\x09_services\x07_dns-sd\x04_udp\x05local\0", PTR, INTERNET),
  5355: () => dns("\x09localhost\0", A, INTERNET),
  5683: () => bytes("40 01 4e58 bb 2e77656c6c2d6b6e6f776e 04 636f7265"), // CoAP: GET /.well-known/core, RFC 7252
  11211: () => Buffer.concat([bytes("4e58 0000 0001 0000"), text("version\r\n")]), // memcached: its frame of 8 bytes
  19302: stun,
  27015: () => Buffer.concat([bytes("ffffffff"), text("TSource Engine Query\0")]), // Source: A2S_INFO
  27960: () => Buffer.concat([bytes("ffffffff"), text("getstatus\n")]), // Quake III
  51820: () => Buffer.alloc(0),
};

const A = 1;
const PTR = 12;
const TXT = 16;
const INTERNET = 1;
const CHAOS = 3;

// RFC 1035 §4.1: an identifier, recursion wanted, one question.
function dns(name: string, type: number, kind: number): Buffer {
  const [head, tail] = [Buffer.alloc(12), Buffer.alloc(4)];
  head.writeUInt16BE(0x4e58, 0);
  head.writeUInt16BE(0x0100, 2);
  head.writeUInt16BE(1, 4);
  tail.writeUInt16BE(type, 0);
  tail.writeUInt16BE(kind, 2);
  return Buffer.concat([head, text(name), tail]);
}

// RFC 5905 §7.3: version 4, mode 3 (client), all else zero.
function ntp(): Buffer {
  const packet = Buffer.alloc(48);
  packet[0] = 0x23;
  return packet;
}

// RFC 1350 §5: a read request; the answer may be an error, and is an answer.
function tftp(): Buffer {
  return Buffer.concat([bytes("0001"), text("ncx-probe\0octet\0")]);
}

// RFC 5531 §9: a call of procedure 0, which every program has, without credentials.
function rpc(program: number): Buffer {
  const call = Buffer.alloc(40);
  for (const [at, word] of [0x4e435831, 0, 2, program, 2, 0].entries())
    call.writeUInt32BE(word, at * 4);
  return call;
}

// RFC 1002 §4.2.17: the status of every name (`*`, padded, in half-bytes from A on).
function netbios(): Buffer {
  return Buffer.concat([
    bytes("4e58 0000 0001 0000 0000 0000 20"),
    text(`CK${"A".repeat(30)}\0`),
    bytes("0021 0001"),
  ]);
}

// RFC 3416 §3, RFC 3584: GetRequest of sysDescr.0, version 2c, community "public".
function snmp(): Buffer {
  return bytes(
    "3027 020101 0406 7075626c6963 a01a 02024e58 020100 020100 300e 300c 0608 2b06010201010100 0500",
  );
}

// RFC 4511: a search of the root's objectClass, over UDP (RFC 1798).
function cldap(): Buffer {
  return bytes(
    "3025 020101 6320 0400 0a0100 0a0100 020100 020100 010100 870b 6f626a656374436c617373 3000",
  );
}

// RFC 2608 §8.1: which services of the type service:service-agent are there?
function serviceLocation(): Buffer {
  const type = text("service:service-agent");
  const scope = text("DEFAULT");
  const body = Buffer.concat([
    bytes("0000"),
    u16(type.length),
    type,
    u16(scope.length),
    scope,
    bytes("0000 0000"),
  ]);
  const head = Buffer.concat([
    bytes("0201"),
    bytes("00"),
    u16(16 + body.length),
    bytes("0000 000000 4e58 0002"),
    text("en"),
  ]);
  return Buffer.concat([head, body]);
}

// RFC 9000 §6, §17.2.1: a version that nobody has calls for the list of those that are had; 1200 bytes by §14.1.
function quic(): Buffer {
  const packet = Buffer.alloc(1200);
  bytes("c0 1a2a3a4a 08 4e43584e43584e43 08 4e43584e43584e43").copy(packet);
  return packet;
}

// RFC 2408 §3.1: a main mode exchange with one proposal (RFC 2409: 3DES, SHA, group 2, shared key).
function ike(): Buffer {
  const attributes = bytes("80010005 80020002 80030001 80040002 800b0001 800c7080");
  const transform = Buffer.concat([
    bytes("0000"),
    u16(8 + attributes.length),
    bytes("01010000"),
    attributes,
  ]);
  const proposal = Buffer.concat([
    bytes("0000"),
    u16(8 + transform.length),
    bytes("01010001"),
    transform,
  ]);
  const association = Buffer.concat([
    bytes("0000"),
    u16(12 + proposal.length),
    bytes("00000001 00000001"),
    proposal,
  ]);
  const head = Buffer.alloc(28);
  bytes("4e43584e43584e43 0000000000000000 01 10 02 00").copy(head);
  head.writeUInt32BE(28 + association.length, 24);
  return Buffer.concat([head, association]);
}

// RFC 5997 §3: Status-Server; a server that does not know us keeps silent, as it must.
function radius(): Buffer {
  return Buffer.concat([
    bytes("0c 4e 0026"),
    Buffer.alloc(16, 0x4e),
    bytes("5012"),
    Buffer.alloc(16),
  ]);
}

// RFC 2661 §6.1: start of a control connection.
function l2tp(): Buffer {
  const values = bytes(
    "8008 0000 0000 0001 8008 0000 0002 0100 800a 0000 0003 00000003 8009 0000 0007 6e6378 8008 0000 0009 0001",
  );
  return Buffer.concat([
    bytes("c802"),
    u16(12 + values.length),
    bytes("0000 0000 0000 0000"),
    values,
  ]);
}

// 3GPP TS 29.060 §7.2.1: an echo request.
function gtp(): Buffer {
  return bytes("32 01 0004 00000000 4e58 0000");
}

// RFC 8489 §5: a binding request with its magic cookie.
function stun(): Buffer {
  return bytes("0001 0000 2112a442 4e43584e43584e43584e4358");
}

// RFC 3261 §11: what can you do?
const SIP =
  "OPTIONS sip:ncx@localhost SIP/2.0\r\nVia: SIP/2.0/UDP localhost;branch=z9hG4bKncx;rport\r\nMax-Forwards: 70\r\n" +
  "From: <sip:ncx@localhost>;tag=ncx\r\nTo: <sip:ncx@localhost>\r\nCall-ID: ncx@localhost\r\nCSeq: 1 OPTIONS\r\n" +
  "Contact: <sip:ncx@localhost>\r\nAccept: application/sdp\r\nContent-Length: 0\r\n\r\n";

// OASIS WS-Discovery 1.1 §5.2: a probe for everything.
const WS_DISCOVERY =
  '<?xml version="1.0"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" ' +
  'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">' +
  "<e:Header><a:MessageID>uuid:4e435800-0000-4000-8000-000000000000</a:MessageID>" +
  "<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>" +
  "<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action></e:Header>" +
  "<e:Body><d:Probe/></e:Body></e:Envelope>";

function text(characters: string): Buffer {
  return Buffer.from(characters, "latin1");
}

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(" ", ""), "hex");
}

function u16(value: number): Buffer {
  const two = Buffer.alloc(2);
  two.writeUInt16BE(value);
  return two;
}
