import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { afterEach, describe, test } from 'node:test'
import { frame, frameTypes, preface, settings, settingsFrame, words } from '../http2/frames.ts'
import { Encoder } from '../http2/hpack.ts'
import { createWorld } from '../transcripts/world.ts'
import { bigContent, dial, ingressOf, start, stopAll } from './rig.ts'

afterEach(stopAll)

describe('HTTP/2 at the rim', () => {
  const big = 32 * 1024 * 1024
  const greet = async (port: number, windowBytes: number): Promise<Socket> => {
    const socket = dial(port)
    const open = frame(frameTypes.windowUpdate, 0, 0, words(Math.max(1, windowBytes)))
    socket.write(Buffer.concat([preface, settingsFrame({ [settings.initialWindowSize]: windowBytes }), open]))
    return socket
  }
  const fields = new Encoder().encode([
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', '/big'],
    [':authority', 'welcome.inxt'],
  ])

  test('who asks for many streams and reads nothing costs a bounded part of each, and is cut', async () => {
    const { content, state } = bigContent(big)
    const { port, counts } = await start(ingressOf({ content }), { idleTimeoutMs: 200 })
    const socket = await greet(port, 0x7000_0000)
    socket.pause()
    for (let id = 1; id < 60; id += 2) socket.write(frame(frameTypes.headers, 5, id, fields))
    await state.closed
    assert.ok(state.sent < big, `${state.sent} bytes were pulled`)
    assert.ok((counts()['http.slow'] ?? 0) >= 1)
  })

  test('a body in memory is made frames as the socket takes them, whatever window is open', async () => {
    const body = new Uint8Array(256 * 1024 * 1024)
    const whole = { status: 200, fields: [], body, sizeBytes: body.length }
    const { port, counts } = await start(async () => whole, { idleTimeoutMs: 100 })
    const before = process.memoryUsage().rss
    const socket = await greet(port, 0x7000_0000)
    socket.pause()
    socket.write(frame(frameTypes.headers, 5, 1, fields))
    for (let i = 0; i < 100 && counts()['http.slow'] === undefined; i++)
      await new Promise<void>(resolve => AbortSignal.timeout(20).addEventListener('abort', () => resolve()))
    assert.equal(counts()['http.slow'], 1)
    assert.ok(process.memoryUsage().rss - before < 64 * 1024 * 1024)
  })

  test('windows that never open hold nothing but their place, and not for long', async () => {
    const { content, state } = bigContent(big)
    const { port, counts } = await start(ingressOf({ content }), { idleTimeoutMs: 100 })
    const socket = await greet(port, 0)
    for (let id = 1; id < 60; id += 2) socket.write(frame(frameTypes.headers, 5, id, fields))
    socket.resume()
    await new Promise<void>(resolve => socket.once('close', () => resolve()))
    assert.ok(state.sent <= 30 * 64 * 1024, `${state.sent} bytes were pulled`)
    assert.equal(counts()['http.slow'], 1)
  })

  test('a greeting that never ends is cut off', async () => {
    const { port } = await start(createWorld(), { headTimeoutMs: 80 })
    const socket = dial(port)
    socket.write('PRI * HT')
    await new Promise<void>(resolve => socket.once('close', () => resolve()).resume())
  })

  test('an idle connection is told that it ends', async () => {
    const { port, counts } = await start(createWorld(), { keepAliveMs: 60, headTimeoutMs: 100 })
    const socket = await greet(port, 65_535)
    socket.write(frame(frameTypes.settings, 1, 0, Buffer.alloc(0)))
    const parts: Buffer[] = []
    socket.on('data', part => parts.push(part))
    await new Promise<void>(resolve => socket.once('close', () => resolve()))
    assert.ok(Buffer.concat(parts).includes(frame(frameTypes.goaway, 0, 0, words(0x7fff_ffff, 0))))
    assert.ok((counts()['http.idle'] ?? 0) >= 1)
  })
})
