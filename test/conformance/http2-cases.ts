// What a server must take, and which framing it must refuse: RFC 9113 §3 to §5 and RFC 7541, case by case.

import { frame, settings, frameTypes as t, words } from '../../edge/http2/frames.ts'
import type { FrameClient } from './frame-client.ts'
import { refusals } from './http2-refusals.ts'
import {
  alive,
  altered,
  answered,
  block,
  type Case,
  CLOSED,
  COMPRESSION,
  connection,
  continuation,
  data,
  EH,
  ES,
  get,
  goaway,
  headers,
  hex,
  none,
  PAD,
  PRI,
  PROTOCOL,
  padded,
  ping,
  post,
  priority,
  pseudo,
  rows,
  rst,
  SIZE,
  set,
  stream,
  windowUpdate,
  wired,
  withField,
  withPriority,
} from './raw-frames.ts'

const accepted: Case[] = [
  ...rows('streams', [
    ['PRIORITY on an idle stream', answered(), priority(1), headers(get)],
    ['WINDOW_UPDATE on a half-closed stream', answered(), headers(get), windowUpdate(1, 1)],
    ['PRIORITY on a half-closed stream', answered(), headers(get), priority(1)],
    ['RST_STREAM on a half-closed stream', alive, headers(get), rst()],
    ['PRIORITY on a closed stream', alive, headers(get), rst(), priority(1)],
    ['WINDOW_UPDATE on a closed stream', alive, headers(get), rst(), windowUpdate(1, 1)],
    ['RST_STREAM on a closed stream', alive, headers(get), rst(), rst()],
    ['streams may leave numbers out', answered(200, 7), headers(get, EH | ES, 7)],
  ]),
  ...rows('frames', [
    ['a body in one DATA frame', answered(), headers(post(), EH), data('x')],
    ['a body in three', answered(), headers(post(), EH), data('a', 0), data('b', 0), data('c')],
    ['padded DATA', answered(), headers(post(), EH), data(padded(Buffer.from('ab'), 5), ES | PAD)],
    ['DATA of padding only', answered(), headers(post(), EH), data(padded(none, 5), ES | PAD)],
    ['an empty last DATA frame', answered(), headers(post(), EH), data('x', 0), data('')],
    ['HEADERS', answered(), headers(get)],
    ['padded HEADERS', answered(), headers(padded(get, 9), EH | ES | PAD)],
    ['HEADERS with a priority', answered(), headers(withPriority(get), EH | ES | PRI)],
    [
      'HEADERS with padding and priority',
      answered(),
      headers(padded(withPriority(get), 3), EH | ES | PAD | PRI),
    ],
    ['PRIORITY of weight 1', answered(), priority(1, 0, 0), headers(get)],
    ['PRIORITY of weight 256', answered(), priority(1, 0, 255), headers(get)],
    ['PRIORITY that depends on another', answered(), priority(1, 3), headers(get)],
    ['exclusive PRIORITY', answered(), priority(1, 0x8000_0003), headers(get)],
    ['RST_STREAM', alive, headers(post(), EH), rst()],
    ['SETTINGS', answered(), set(settings.initialWindowSize, 100_000), headers(get)],
    ['PING', alive],
    ['GOAWAY', answered(), headers(get), goaway()],
    ['GOAWAY with words', alive, goaway(0, Buffer.concat([words(0, 0), Buffer.from('bye')]))],
    ['WINDOW_UPDATE of the connection', answered(), windowUpdate(0, 1), headers(get)],
    ['WINDOW_UPDATE of a stream', answered(), headers(post(), EH), windowUpdate(1, 1), data('x')],
    ['CONTINUATION', answered(), headers(get.subarray(0, 5), ES), continuation(get.subarray(5))],
    [
      'two CONTINUATION frames',
      answered(),
      headers(get.subarray(0, 5), ES),
      continuation(get.subarray(5, 9), 0),
      continuation(get.subarray(9)),
    ],
    ['an empty HEADERS frame and CONTINUATION', answered(), headers(none, ES), continuation(get)],
  ]),
  ...rows('requests', [
    ['GET', answered(), headers(get)],
    ['HEAD', answered(), headers(block(...pseudo('HEAD')))],
    ['POST', answered(), headers(post(['content-length', '3']), EH), data('abc')],
    ['POST with trailers', answered(), headers(post(), EH), data('abc', 0), headers(block(['x-sum', '1']))],
    ['OPTIONS *', answered(204), headers(block(...pseudo('OPTIONS', '*')))],
    ['te: trailers (§8.2.2)', answered(), headers(withField(['te', 'trailers']))],
    ['Host beside an equal :authority (§8.3.1)', answered(), headers(withField(['host', 'welcome.inxt']))],
    [
      'Host without :authority',
      answered(),
      headers(wired(altered(':authority'), block(['host', 'welcome.inxt']))),
    ],
    ['neither Host nor :authority', answered(400), headers(altered(':authority'))],
    ['crumbs of Cookie (§8.2.3)', answered(), headers(withField(['cookie', 'a=1'], ['cookie', 'b=2']))],
    [
      'more fields than anybody needs',
      answered(431),
      headers(withField(...Array<[string, string]>(110).fill(['a', 'b']))),
    ],
    [
      'CONNECT (§8.5)',
      answered(405),
      headers(block([':method', 'CONNECT'], [':authority', 'evil.example:443'])),
    ],
    ['TRACE', answered(405), headers(block(...pseudo('TRACE')))],
  ]),
  ...rows('HPACK', [
    ['indexed fields', answered(), headers(wired('82 86 84', block([':authority', 'welcome.inxt'])))],
    [
      'literals with indexing, name indexed',
      answered(),
      headers(wired('82 86 84 41 0c', Buffer.from('welcome.inxt'))),
    ],
    [
      'literals with indexing, new name',
      answered(),
      headers(wired('82 86 84 41 0c', Buffer.from('welcome.inxt'), '40 01 78 01 79')),
    ],
    [
      'an entry met again',
      answered(),
      headers(wired('82 86 84 41 0c', Buffer.from('welcome.inxt'), '40 01 78 01 79 be')),
    ],
    [
      'literals without indexing, name indexed',
      answered(),
      headers(wired('82 86 84 01 0c', Buffer.from('welcome.inxt'))),
    ],
    [
      'literals never indexed',
      answered(),
      headers(wired('82 86 84 01 0c', Buffer.from('welcome.inxt'), '10 01 78 01 79')),
    ],
    ['Huffman (RFC 7541 §C.4.1)', answered(421), headers(hex('8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff'))],
    ['a change of table size first', answered(), headers(wired('3f e1 0f', get))],
    ['two changes of table size', answered(), headers(wired('20 3f e1 1f', get))],
    ['a table of nothing', answered(), headers(wired('20', get))],
  ]),
]

const greetings: Case[] = [
  {
    title: '§3.4: no preface',
    greeting: [Buffer.from('INVALID CONNECTION PREFACE\r\n\r\n')],
    send: [],
    outcome: { kind: 'seen', see: notHttp2 },
  },
  {
    title: '§3.4: a preface with another end',
    greeting: [Buffer.from('PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n')],
    send: [],
    outcome: connection(PROTOCOL),
  },
  {
    title: '§3.4: PING before SETTINGS',
    greeting: [Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), ping()],
    send: [],
    outcome: connection(PROTOCOL),
  },
  {
    title: '§3.4: HEADERS before SETTINGS',
    greeting: [Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), headers(get)],
    send: [],
    outcome: connection(PROTOCOL),
  },
  {
    title: '§3.4: an acknowledgement before SETTINGS',
    greeting: [Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(t.settings, 1, 0, none)],
    send: [],
    outcome: connection(PROTOCOL),
  },
]

/** What does not begin like HTTP/2 on a bare connection is HTTP/1, and answered as such. */
async function notHttp2(client: FrameClient): Promise<void> {
  await client.untilClosed()
}

const refusedFraming: Case[] = [
  ...rows('§4.1', [
    ['an unknown type is ignored', alive, frame(0x16, 0, 0, Buffer.alloc(8))],
    [
      'an unknown type on a stream is ignored',
      answered(),
      frame(0xff, 0xff, 1, Buffer.alloc(8)),
      headers(get),
    ],
    ['unknown flags are ignored', alive, ping('octets!!', 0x16)],
    [
      'the reserved bit is ignored',
      answered(),
      wired('000008 06 00 80000000', Buffer.alloc(8)),
      headers(get),
    ],
  ]),
  ...rows('§4.2', [
    ['DATA of the greatest size', answered(), headers(post(), EH), data(Buffer.alloc(16_384))],
    ['DATA one larger', stream(SIZE), headers(post(), EH), data(Buffer.alloc(16_385))],
    ['HEADERS one larger', connection(SIZE), headers(Buffer.alloc(16_385))],
    ['SETTINGS larger', connection(SIZE), frame(t.settings, 0, 0, Buffer.alloc(16_386))],
    ['an unknown type larger', connection(SIZE), frame(0x20, 0, 0, Buffer.alloc(16_385))],
  ]),
  ...rows('§4.3', [
    ['a block that is no HPACK', connection(COMPRESSION), headers(hex('1400 1f'))],
    ['PRIORITY inside a block', connection(PROTOCOL), headers(get, ES), priority(1), continuation(get)],
    [
      'HEADERS of another stream inside a block',
      connection(PROTOCOL),
      headers(get, ES),
      headers(get, EH | ES, 3),
    ],
    ['PING inside a block', connection(PROTOCOL), headers(get, ES), ping()],
    [
      'an unknown type inside a block (§5.5)',
      connection(PROTOCOL),
      headers(get, ES),
      frame(0x16, 0, 0, none),
    ],
  ]),
  ...rows('§5.1 idle', [
    ['DATA', connection(PROTOCOL), data('x')],
    ['RST_STREAM', connection(PROTOCOL), rst()],
    ['WINDOW_UPDATE', connection(PROTOCOL), windowUpdate(1, 100)],
    ['CONTINUATION', connection(PROTOCOL), continuation(get)],
  ]),
  ...rows('§5.1 half-closed', [
    ['DATA', stream(CLOSED), headers(block(...pseudo('GET', '/slow'))), data('x')],
    ['HEADERS', stream(CLOSED), headers(block(...pseudo('GET', '/slow'))), headers(get)],
    [
      'CONTINUATION',
      connection(CLOSED, PROTOCOL),
      headers(block(...pseudo('GET', '/slow'))),
      continuation(get),
    ],
  ]),
  ...rows('§5.1 closed by RST_STREAM', [
    ['DATA', stream(CLOSED), headers(post(), EH), rst(), data('x')],
    ['HEADERS', stream(CLOSED), headers(post(), EH), rst(), headers(get)],
    ['CONTINUATION', connection(CLOSED, PROTOCOL), headers(post(), EH), rst(), continuation(get)],
  ]),
  ...rows('§5.1.1', [
    ['an even stream', connection(PROTOCOL), headers(get, EH | ES, 2)],
    [
      'a stream older than the newest',
      connection(PROTOCOL),
      headers(get, EH | ES, 5),
      headers(get, EH | ES, 3),
    ],
    ['stream 0', connection(PROTOCOL), headers(get, EH | ES, 0)],
    ['DATA on an even stream', connection(PROTOCOL), data('x', ES, 2)],
  ]),
  ...rows('§5.3.1 of RFC 7540', [
    ['HEADERS that depend on themselves', stream(PROTOCOL), headers(withPriority(get, 1), EH | ES | PRI)],
    ['PRIORITY that depends on itself', stream(PROTOCOL), priority(1, 1)],
  ]),
]

export const cases: readonly Case[] = [...greetings, ...accepted, ...refusedFraming, ...refusals]
