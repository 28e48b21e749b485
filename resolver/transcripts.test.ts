// Runs the conversations in `transcripts/*.txt`: a world (`site`, `edge`), then queries and what is answered.
//
//   site <label> <cid, or - for no content>      edge <server> <ipv4> [<ipv6>]
//   zone <apex> <file> [signed | compact]        a master file; signed without meaning, or while answering
//   ? <name> <type> [<class>] [words]            raw <hexadecimal octets>
//
// Words: rd cd ad ra z, tcp, opcode=N, and for EDNS: edns udp=N version=N do co option=CODE:HEX twice
// owner=NAME. The lines after a query, up to an empty one, are the whole answer as `messageText` shows it, or SILENCE;
// of a signature only what it covers. The site `dark` is one that no edge serves. Other lines are prose and begin with
// a capital or `#`.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fromHex } from '../base/bytes.ts'
import { createMeter } from '../base/meter.ts'
import { createResponder, type Respond } from './responder.ts'
import { signingKey } from './sign/key.ts'
import { createOnlineSigner, onlineByDefault } from './sign/online.ts'
import { signOnline } from './sign/online-zone.ts'
import { parseClass, parseType, types, typeText } from './wire/code.ts'
import { optRecord } from './wire/edns.ts'
import { flagBits, opcodeBits } from './wire/header.ts'
import { decodeMessage, encodeMessage } from './wire/message.ts'
import { foldCase, type Name, nameText, parseName } from './wire/name.ts'
import { messageText } from './wire/presentation.ts'
import { readMaster, readZone } from './zone/master.ts'
import type { Site } from './zone/names.ts'
import { rrsetsOf } from './zone/rrset.ts'
import type { Server } from './zone/servers.ts'
import { createZone } from './zone/snapshot.ts'
import type { Zone } from './zone/zone.ts'

const folder = new URL('./transcripts/', import.meta.url)

interface Exchange {
  line: number
  query: string
  expected: string
}

function parseTranscript(text: string): { respond: Respond; exchanges: Exchange[] } {
  const sites = new Map<string, Site>()
  const servers: Server[] = []
  const exchanges: Exchange[] = []
  const zones: Zone[] = []
  const lines = text.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!
    const [word, first, second, third] = line.split(' ')
    if (word === 'site') {
      sites.set(first!, { contentCid: second === '-' ? undefined : second, sequence: 1 })
    } else if (word === 'edge') {
      servers.push({ name: first!, address: { ipv4: second, ipv6: third } })
    } else if (word === 'zone') {
      zones.push(zoneOf(parseName(first!), second!, third))
    } else if (word === '?' || word === 'raw') {
      const end = lines.indexOf('', at)
      exchanges.push({ line: at + 1, query: line, expected: lines.slice(at + 1, end).join('\n') })
      at = end
    } else {
      assert.match(line, /^($|#|[A-Z])/, `line ${at + 1} is neither prose nor known`)
    }
  }
  const edges = servers.map(({ address }) => address)
  const respond = createResponder({
    suffixes: ['inxt'],
    zones: () => zones,
    names: { site: label => sites.get(label), serial: () => 42 },
    places: { near: site => (site === 'dark' ? [] : edges), servers: () => servers },
    meter: createMeter(),
    onBug: error => assert.fail(String(error)),
  })
  return { respond, exchanges }
}

function zoneOf(apex: Name, file: string, how: string | undefined): Zone {
  const { records } = readZone(readFileSync(new URL(file, folder), 'latin1'), apex)
  if (how === undefined) return createZone(records, apex)
  if (how === 'compact') return compactZone(createZone(records, apex))
  const isOurs = createZone(records, apex)
  const signatures = rrsetsOf(records).flatMap(({ name, type, ttlS }) => {
    // Neither a delegation nor its glue is signed (RFC 4035 §2.2), but what the parent says about it is.
    const cut = isOurs.node(foldCase(name), apex)?.cut
    const owned = cut?.name === foldCase(name) && (type === types.DS || type === types.NSEC)
    if (cut !== undefined && !owned) return []
    const [covered, tail] = [typeText(type), '15 1 0 20300101000000 20291201000000 1 . AQ==']
    return readMaster(`${nameText(name)} ${ttlS} RRSIG ${covered} ${tail}`, { origin: apex }).records
  })
  return createZone([...records, ...signatures], apex)
}

function compactZone(zone: Zone): Zone {
  const key = signingKey(zone.apex, true, 13, new Uint8Array(32).fill(3))
  const signer = createOnlineSigner({ ...onlineByDefault, keys: [key] })
  return signOnline(zone, {
    denial: 'compact',
    signer,
    keySigner: signer,
    keySets: [],
    nowS: () => 1_800_000_000,
  })
}

function packetOf(query: string): Uint8Array {
  const [kind, ...words] = query.split(' ')
  if (kind === 'raw') return fromHex(words.join(''))!
  const [name, type, ...rest] = words
  const has = (word: string): boolean => rest.includes(word)
  const value = (key: string): string | undefined =>
    rest.find(word => word.startsWith(`${key}=`))?.slice(key.length + 1)
  const flags = Object.entries(flagBits).map(([word, bit]) => (has(word.toLowerCase()) ? bit : 0))
  const [optionCode, optionHex] = value('option')?.split(':') ?? []
  const opt = {
    ...optRecord({
      udpBytesMax: Number(value('udp') ?? 1232),
      version: Number(value('version') ?? 0),
      dnssecOk: has('do'),
      compactOk: has('co'),
      rcodeHigh: 0,
      options: optionCode === undefined ? [] : [{ code: Number(optionCode), bytes: fromHex(optionHex!)! }],
    }),
    name: parseName(value('owner') ?? '.'),
  }
  return encodeMessage({
    id: 0x1234,
    flags: flags.reduce((sum, bit) => sum | bit, opcodeBits(Number(value('opcode') ?? 0))),
    questions: [{ name: parseName(name!), type: parseType(type!)!, class: parseClass(rest[0] ?? '') ?? 1 }],
    answers: [],
    authorities: [],
    additionals: has('edns') ? (has('twice') ? [opt, opt] : [opt]) : [],
  })
}

for (const file of readdirSync(folder).filter(name => name.endsWith('.txt'))) {
  describe(`transcript ${file}`, () => {
    const { respond, exchanges } = parseTranscript(readFileSync(new URL(file, folder), 'utf8'))
    assert.ok(exchanges.length > 0, 'a transcript has at least one exchange')
    for (const { line, query, expected } of exchanges) {
      test(`${line}: ${query}`, () => {
        const transport = query.split(' ').includes('tcp') ? 'tcp' : 'udp'
        const answer = respond(packetOf(query), { address: '192.0.2.1', port: 4711 }, transport)
        if (answer === undefined) return assert.equal('SILENCE', expected)
        const message = decodeMessage(answer)
        assert.equal(message.id, 0x1234)
        assert.equal(messageText(message).replace(/( IN RRSIG \S+) .*/g, '$1'), expected)
      })
    }
  })
}
