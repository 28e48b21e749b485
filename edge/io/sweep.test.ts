import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { type Clock, realClock } from '../../base/io/clock.ts'
import { silentLog } from '../../base/io/log.ts'
import { createMeter } from '../../base/meter.ts'
import { createWorld } from '../transcripts/world.ts'
import { address, get } from './rig.ts'
import { serveHttp } from './server.ts'

test('connections are looked at while there are some, and nothing wakes a server without', {
  timeout: 20_000,
}, async context => {
  const armed = new Set<object>()
  let changed = Promise.withResolvers<void>()
  const clock: Clock = {
    now: realClock.now,
    after(delayMs, action) {
      const one = {}
      armed.add(one)
      const leave = (): void => {
        armed.delete(one)
        changed.resolve()
        changed = Promise.withResolvers()
      }
      const cancel = realClock.after(delayMs, () => {
        action()
        leave()
      })
      return () => {
        cancel()
        leave()
      }
    },
  }
  const parts = { address, port: 0, clock, log: silentLog, meter: createMeter(), ingress: createWorld() }
  const server = await serveHttp({ ...parts, limits: { keepAliveMs: 100 } })
  context.after(() => server.close(0))
  assert.equal(armed.size, 0)
  // Twice: what stopped has to begin again.
  for (let round = 0; round < 2; round++) {
    const socket = connect({ port: server.port, host: address, allowHalfOpen: true })
    socket.resume().write(get('/'))
    // Nobody else closes an idle connection.
    await once(socket, 'end')
    assert.ok(armed.size > 0)
    socket.end()
    while (armed.size > 0) await changed.promise
  }
})
