// Clients that take their time on purpose, by slowhttptest: slow heads, bodies and readers, beside one that is not.
//
// The limits are seconds instead of minutes. The server must go on answering others at once, and the slow ones must be
// gone in the end.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { silentLog } from '../../base/io/log.ts'
import { createMeter } from '../../base/meter.ts'
import { type HttpServer, serveHttp } from '../../edge/io/server.ts'
import type { Ingress } from '../../edge/message.ts'
import { createWorld } from '../../edge/transcripts/world.ts'
import { ran } from '../e2e/devnet.ts'
import { toolsMissing } from '../e2e/tools.ts'

const connections = 200
const big = new Uint8Array(4 * 1024 * 1024)

describe('slow clients', { skip: toolsMissing({ slowhttptest: 'slowhttptest' }) }, () => {
  const world = createWorld()
  const ingress: Ingress = async request => {
    if (request.method === 'POST') for await (const _ of request.body);
    return request.target === '/big' || request.method === 'POST'
      ? { status: 200, fields: [['Content-Length', String(big.length)]], body: big, sizeBytes: big.length }
      : world(request)
  }
  const meter = createMeter()
  let server: HttpServer
  before(async () => {
    const limits = { headTimeoutMs: 1500, requestTimeoutMs: 1500, idleTimeoutMs: 1500, lingerMs: 200 }
    server = await serveHttp({ address: '127.0.0.1', port: 0, ingress, log: silentLog, meter, limits })
  })
  after(() => server.close(0))

  const attacks: [title: string, path: string, ...words: string[]][] = [
    ['slow heads (slowloris)', '/', '-H', '-i', '1'],
    ['slow bodies', '/', '-B', '-i', '1', '-s', '8192'],
    ['slow readers', '/big', '-X', '-w', '10', '-y', '20', '-n', '2', '-z', '32', '-k', '1'],
  ]
  for (const [title, path, ...words] of attacks) {
    test(`${title} are gone in the end, and meanwhile others are answered at once`, async () => {
      const url = `http://127.0.0.1:${server.port}${path}`
      const before = meter.read()['http.slow'] ?? 0
      const attack = ran('slowhttptest', [
        '-c',
        `${connections}`,
        '-r',
        '100',
        '-l',
        '8',
        '-p',
        '2',
        '-u',
        url,
        ...words,
      ])
      let worstMs = 0
      let ended = false
      const over = attack.finally(() => {
        ended = true
      })
      while (!ended) {
        const startedAt = performance.now()
        const answer = await fetch(`http://127.0.0.1:${server.port}/inxt/status`)
        assert.equal(answer.status, 200)
        worstMs = Math.max(worstMs, performance.now() - startedAt)
        await Promise.race([
          over,
          new Promise<void>(resolve => AbortSignal.timeout(200).addEventListener('abort', () => resolve())),
        ])
      }
      const stdout = stripVTControlCharacters((await over).stdout)
      assert.match(stdout, /service available: +YES/)
      assert.ok(worstMs < 2000, `somebody waited ${worstMs} ms`)
      const cut = (meter.read()['http.slow'] ?? 0) - before
      assert.ok(cut >= connections / 2, `${cut} of ${connections} were cut:\n${stdout.slice(-600)}`)
    })
  }
})
