// Runs every conversation in this folder through the whole chain, without a socket.
//
// A conversation: '== title', the request as it would be typed, '--', the status, the fields that must be
// there ('!Name' must not), and of the body either all lines ('= text') or parts of it ('~ text'). <boundary>
// stands for the boundary of the parts, <hash> for the part of a tag that the compressor makes. 'TLS' behind the
// version is how the request came. Compressed bodies are compared as they were before.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { fromUtf8 } from '../../base/bytes.ts'
import { collect } from '../body.ts'
import { type Field, fieldLines, type IngressResponse } from '../message.ts'
import { createWorld, request, type Said } from './world.ts'

const unpack: Record<string, (bytes: Uint8Array) => Uint8Array> = {
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
  gzip: gunzipSync,
}

const files = readdirSync(import.meta.dirname).filter(name => name.endsWith('.txt'))

for (const file of files) {
  describe(file, () => {
    const text = readFileSync(`${import.meta.dirname}/${file}`, 'utf8')
    for (const conversation of text.split(/^== /m).slice(1)) {
      const [title, ...lines] = conversation.trimEnd().split('\n')
      test(title!, () => run(lines))
    }
  })
}

test('there are conversations to run', () => assert.ok(files.length >= 10))

async function run(lines: string[]): Promise<void> {
  const middle = lines.indexOf('--')
  assert.notEqual(middle, -1, 'a conversation has a line "--"')
  const response = await createWorld()(request(requestOf(lines.slice(0, middle))))
  await compare(response, lines.slice(middle + 1))
}

function requestOf(lines: string[]): Said {
  const [method, target, version, transport] = lines[0]!.split(' ')
  const blank = lines.indexOf('')
  const head = lines.slice(1, blank === -1 ? lines.length : blank)
  const fields: Field[] = head.map(line => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).trim()]
  })
  const body = blank === -1 ? '' : lines.slice(blank + 1).join('\n')
  const how = { version: version === 'HTTP/1.0' ? '1.0' : '1.1', secure: transport === 'TLS' } as const
  return { method: method!, target: target!, fields, body, ...how }
}

async function compare(response: IngressResponse, expected: string[]): Promise<void> {
  assert.equal(response.status, Number(expected[0]))
  const body = await textOf(response)
  const boundary =
    /boundary=(\w+)/.exec(fieldLines(response.fields, 'content-type')[0] ?? '')?.[1] ?? '<boundary>'
  const shown = (text: string): string =>
    text
      .replaceAll(boundary, '<boundary>')
      .replaceAll('\r\n', '\n')
      .replace(/-(br|zstd|gzip)-[0-9a-f]{8}"/, '-$1-<hash>"')
  const exact: string[] = []
  for (const line of expected.slice(1)) {
    const mark = line[0]
    if (mark === '=') exact.push(line.slice(2))
    else if (mark === '~')
      assert.ok(body.includes(line.slice(2)), `the body has "${line.slice(2)}":\n${body}`)
    else if (mark === '!')
      assert.deepEqual(fieldLines(response.fields, line.slice(1).toLowerCase()), [], line)
    else {
      const colon = line.indexOf(':')
      const values = fieldLines(response.fields, line.slice(0, colon).toLowerCase())
      assert.deepEqual(values.map(shown), [line.slice(colon + 1).trim()], line)
    }
  }
  if (exact.length > 0) assert.equal(shown(body), exact.join('\n'))
}

async function textOf({ body, sizeBytes, status, fields }: IngressResponse): Promise<string> {
  if (body === undefined) return ''
  const bytes = body instanceof Uint8Array ? body : await collect(body, 1024 * 1024)
  assert.equal(bytes.length, sizeBytes, 'Content-Length is the length of the body')
  const [coding] = fieldLines(fields, 'content-encoding')
  // Of a part of something compressed only the length can be seen.
  return status === 200 && coding !== undefined ? fromUtf8(unpack[coding]!(bytes))! : (fromUtf8(bytes) ?? '')
}
