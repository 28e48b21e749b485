import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import { createWorld } from '../transcripts/world.ts'
import { dial, get, last, raw, start, stopAll } from './rig.ts'

afterEach(stopAll)

describe('strictness', () => {
  const refused: [title: string, text: string, status: number][] = [
    ['two Hosts', get('/', 'Host: evil.example', last), 400],
    ['no Host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['a length beside chunks', `${post('Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`, 400],
    ['chunks beside a length', `${post('Transfer-Encoding: chunked', 'Content-Length: 5')}0\r\n\r\n`, 400],
    ['two lengths', `${post('Content-Length: 5', 'Content-Length: 6')}hello`, 400],
    ['a length with a sign', `${post('Content-Length: +5')}hello`, 400],
    ['chunks that are not last', `${post('Transfer-Encoding: chunked, identity')}0\r\n\r\n`, 400],
    ['a space before the colon', get('/', 'X-A : b', last), 400],
    ['a folded line', get('/', 'X-A: b\r\n c', last), 400],
    ['bare line feeds', 'GET / HTTP/1.1\nHost: welcome.inxt\n\n', 400],
    ['a NUL in a field', get('/', 'X-A: b\0c', last), 400],
    ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00', 400],
    ['a head that is too long', get('/', `X-A: ${'a'.repeat(20_000)}`, last), 431],
    ['more fields than anybody needs', get('/', ...Array<string>(120).fill('X-A: b'), last), 431],
    ['a tunnel', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n', 405],
  ]
  for (const [title, text, status] of refused) {
    test(`${title}: ${status}, and the connection ends`, async () => {
      const { port } = await start(createWorld())
      const got = await raw(port, text)
      assert.deepEqual(
        [...got.matchAll(/HTTP\/1\.1 (\d+)/g)].map(match => Number(match[1])),
        [status],
        got,
      )
    })
  }

  test('a body that nobody wants is not taken for the next request', async () => {
    const { port } = await start(createWorld())
    const hidden = get('/style.css')
    const got = await raw(port, `${get('/', last, `Content-Length: ${hidden.length}`)}${hidden}`)
    assert.equal([...got.matchAll(/HTTP\/1\.1/g)].length, 1)
  })

  test('a head that never ends is cut off', async () => {
    const { port } = await start(createWorld(), { headTimeoutMs: 100 })
    assert.match(await raw(port, 'GET / HTTP/1.1\r\nHost: welc'), /^HTTP\/1\.1 408 /)
  })

  test('one client cannot have all connections', async () => {
    const { port, counts } = await start(createWorld(), { connectionsPerClientMax: 2 })
    for (let i = 0; i < 2; i++) {
      const socket = dial(port)
      socket.write(get('/style.css'))
      await new Promise<void>(resolve => socket.once('data', () => resolve()))
    }
    assert.equal(await raw(port, get('/style.css')), '')
    assert.equal(counts()['http.refused'], 1)
  })
})

function post(...fields: string[]): string {
  return ['POST / HTTP/1.1', 'Host: welcome.inxt', ...fields, '', ''].join('\r\n')
}
