import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectH2 } from 'node:http2'
import { afterEach, test } from 'node:test'
import { createWorld } from '../transcripts/world.ts'
import { address, bodyOf, copies, dial, get, start, stopAll } from './rig.ts'

afterEach(stopAll)

test('a hundred downloads under way when an edge stops all come to their end within the bound', async () => {
  const gate = Promise.withResolvers<void>()
  const server = await start(copies(4, gate.promise))
  const downloads = Array.from({ length: 100 }, () => {
    const socket = dial(server.port)
    socket.write(get('/big'))
    const parts: Buffer[] = []
    const begun = once(socket, 'readable')
    const ended = async (): Promise<number> => {
      for await (const part of socket as AsyncIterable<Buffer>) parts.push(part)
      return bodyOf(Buffer.concat(parts).toString('latin1')).length
    }
    return { begun, ended }
  })
  await Promise.all(downloads.map(({ begun }) => begun))
  const startedAt = performance.now()
  const closed = server.close(10_000)
  gate.resolve()
  const sizes = await Promise.all(downloads.map(({ ended }) => ended()))
  assert.deepEqual(new Set(sizes), new Set([4 * 64 * 1024]))
  await closed
  assert.ok(performance.now() - startedAt < 8000, 'it is the end of the answers that is waited for')
  assert.equal(server.counts()['http.cut'], undefined)
})

test('streams of HTTP/2 end behind their GOAWAY, and nobody waits for a client that has all', async () => {
  const gate = Promise.withResolvers<void>()
  const server = await start(copies(8, gate.promise), { lingerMs: 50 })
  const session = connectH2(`http://${address}:${server.port}`, { settings: { initialWindowSize: 65_535 } })
  const goaway = once(session, 'goaway')
  const stream = session.request({ ':path': '/big', ':authority': 'welcome.inxt' })
  await once(stream, 'readable')
  const closed = server.close(10_000)
  await goaway
  gate.resolve()
  let got = 0
  for await (const part of stream) got += (part as Buffer).length
  assert.equal(got, 8 * 64 * 1024)
  await closed
})

test('connections that are silent or idle hold no stop up; a bound of 0 cuts all at once', async () => {
  const patient = await start(createWorld(), { lingerMs: 20 })
  const silent = dial(patient.port)
  const idle = dial(patient.port)
  idle.write(get('/letters.txt'))
  await Promise.all([once(silent, 'connect'), once(idle, 'data')])
  const startedAt = performance.now()
  await patient.close(10_000)
  assert.ok(performance.now() - startedAt < 2000)
  const hasty = await start(copies(2, new Promise(() => {})))
  const reader = dial(hasty.port)
  reader.write(get('/big'))
  await once(reader, 'data')
  await hasty.close(0)
})
