import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Http1Reader, type Told } from './reader.ts'

const options = { headBytesMax: 2000, fieldsMax: 20 }

/** What a connection makes of these octets, whatever pieces they come in: neighbouring data put together. */
function told(octets: Buffer, cuts: readonly number[]): string[] {
  const reader = new Http1Reader(options)
  const heard: string[] = []
  const hear = (all: readonly Told[]): void => {
    for (const one of all) {
      if (one.kind === 'data') {
        const data = one.bytes.toString('latin1')
        if (heard.at(-1)?.startsWith('data ')) heard[heard.length - 1] += data
        else heard.push(`data ${data}`)
      } else if (one.kind === 'head') {
        heard.push(`head ${JSON.stringify(one.head)}`)
      } else {
        heard.push(one.kind === 'ended' ? `ended ${one.trailers}` : `refused ${one.refused.status}`)
      }
    }
  }
  const ends = [...new Set(cuts.map(cut => cut % (octets.length + 1)))].sort((a, b) => a - b)
  let from = 0
  for (const end of [...ends, octets.length]) {
    hear(reader.receive(octets.subarray(from, end)))
    while (reader.waits) {
      const before = heard.length
      hear(reader.next())
      if (heard.length === before) break
    }
    from = end
  }
  return heard
}

const words = fc.constantFrom(
  ...[
    'GET / HTTP/1.1\r\n',
    'POST /a HTTP/1.1\r\n',
    'Host: a\r\n',
    'Content-Length: 3\r\n',
    '\r\n',
    '\r',
    '\n',
    'abc',
  ],
  ...[
    'Transfer-Encoding: chunked\r\n',
    '3\r\nabc\r\n',
    '0\r\n\r\n',
    '0\r\nX: y\r\n\r\n',
    '5;a=b\r\n',
    ' ',
    ':',
    '\0',
    '\xff',
  ],
)

test('fuzz: pieces make no difference, and nothing is ever thrown', () => {
  const text = fc.array(fc.oneof({ weight: 9, arbitrary: words }, fc.string({ maxLength: 20 })), {
    maxLength: 25,
  })
  fc.assert(
    fc.property(text, fc.array(fc.nat(500), { maxLength: 8 }), (parts, cuts) => {
      const octets = Buffer.from(parts.join(''), 'latin1')
      const [whole, pieces] = [told(octets, []), told(octets, cuts)]
      // What is refused may be refused sooner, before a part of the body was given; never is more taken.
      assert.deepEqual(
        pieces.filter(one => !one.startsWith('data')),
        whole.filter(one => !one.startsWith('data')),
      )
    }),
    { numRuns: 4000 },
  )
})

test('fuzz: what is held while nobody takes it stays bounded by what is given', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), bytes => {
      const reader = new Http1Reader(options)
      reader.receive(Buffer.from(bytes))
      assert.ok(reader.heldBytes <= bytes.length)
      if (!reader.waits) assert.ok(reader.heldBytes <= options.headBytesMax, `${reader.heldBytes}`)
    }),
  )
})
