// The numbers of DNS and their mnemonics, for those that this server or its reader has to name.
//
// Codes stay numbers throughout: a type that nobody here knows (RFC 3597) passes like any other, and only
// presentation asks for a word. Numbers are those of the IANA registry "Domain Name System (DNS) Parameters".

export const types = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MINFO: 14,
  MX: 15,
  TXT: 16,
  RP: 17,
  AFSDB: 18,
  RT: 21,
  AAAA: 28,
  LOC: 29,
  SRV: 33,
  NAPTR: 35,
  KX: 36,
  CERT: 37,
  DNAME: 39,
  OPT: 41,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  DHCID: 49,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  SMIMEA: 53,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  CSYNC: 62,
  ZONEMD: 63,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  EUI48: 108,
  EUI64: 109,
  NXNAME: 128,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  ANY: 255,
  URI: 256,
  CAA: 257,
} as const

export const classes = { IN: 1, CH: 3, HS: 4, NONE: 254, ANY: 255 } as const

/** Codes above 15 need EDNS: only their low four bits fit into the header. */
export const rcodes = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  NOTAUTH: 9,
  BADVERS: 16,
  BADCOOKIE: 23,
} as const

export const opcodes = { QUERY: 0, STATUS: 2, NOTIFY: 4, UPDATE: 5 } as const

function words(table: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(table).map(([word, code]) => [code, word]))
}

const typeWords = words(types)
const classWords = words(classes)
const rcodeWords = words(rcodes)

/** `A`, or `TYPE65280` for a number without a word here (RFC 3597 §5). */
export function typeText(type: number): string {
  return typeWords.get(type) ?? `TYPE${type}`
}

export function classText(code: number): string {
  return classWords.get(code) ?? `CLASS${code}`
}

export function rcodeText(rcode: number): string {
  return rcodeWords.get(rcode) ?? `RCODE${rcode}`
}

function parse(text: string, table: Readonly<Record<string, number>>, prefix: string): number | undefined {
  const word = text.toUpperCase()
  if (Object.hasOwn(table, word)) return table[word]
  if (!word.startsWith(prefix) || !/^[0-9]{1,5}$/.test(word.slice(prefix.length))) return undefined
  const code = Number(word.slice(prefix.length))
  return code <= 0xffff ? code : undefined
}

/** The inverse of `typeText`, in any case; undefined for a word that is none. */
export function parseType(text: string): number | undefined {
  return parse(text, types, 'TYPE')
}

export function parseClass(text: string): number | undefined {
  return parse(text, classes, 'CLASS')
}
