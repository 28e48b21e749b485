import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Fault } from '../../base/fault.ts'
import { type Answer, aborted, bench, bytes, lasting, says, startedAt, stream } from '../cache/bench.ts'
import { type Field, fieldValue } from '../message.ts'
import { page } from '../page.ts'

const failure = page({ status: 502, title: '', what: '', meaning: '', hint: '' })

const age = ({ fields }: { fields: readonly Field[] }) => fieldValue(fields, 'age')

describe('a shared cache', () => {
  test('answers from memory what is fresh, and says so', async () => {
    const { get, asked, clock } = bench(() => lasting('hello', ['A', '1']))
    const first = await get('/')
    assert.deepEqual([first.text, first.how], ['hello', 'inxt; fwd=uri-miss; fwd-status=200; stored; ttl=60'])
    assert.equal(age(first), undefined)
    clock.now += 5000
    const second = await get('/')
    assert.deepEqual([second.text, second.how, age(second)], ['hello', 'inxt; hit; ttl=55', '5'])
    assert.equal(fieldValue(second.fields, 'a'), '1')
    assert.equal(fieldValue(second.fields, 'date'), new Date(startedAt).toUTCString())
    assert.equal(asked.length, 1)
  })

  test('asks again what it was told nothing about', async () => {
    const { get, asked } = bench(() => says('x'))
    assert.equal((await get('/')).how, 'inxt; fwd=uri-miss; fwd-status=200')
    await get('/')
    assert.equal(asked.length, 2)
  })

  test('revalidates with all validators, and freshens what is confirmed', async () => {
    let version = 1
    const { get, asked, clock } = bench(request =>
      fieldValue(request.fields, 'if-none-match') === '"v1"' && version === 1
        ? {
            status: 304,
            fields: [
              ['Cache-Control', 'max-age=60'],
              ['B', '2'],
            ],
            body: undefined,
            sizeBytes: undefined,
          }
        : lasting(`v${version}`, ['ETag', `"v${version}"`]),
    )
    await get('/')
    clock.now += 61_000
    const confirmed = await get('/')
    assert.deepEqual(
      [confirmed.text, confirmed.how],
      ['v1', 'inxt; fwd=stale; fwd-status=304; stored; ttl=60'],
    )
    assert.equal(fieldValue(confirmed.fields, 'b'), '2')
    assert.equal((await get('/')).how, 'inxt; hit; ttl=60')
    clock.now += 61_000
    version = 2
    assert.equal((await get('/')).text, 'v2')
    assert.equal(asked.length, 3)
  })

  test('asks without the conditions of the client, and judges them itself', async () => {
    const { get, asked } = bench(() => lasting('x', ['ETag', '"a"'], ['Content-Type', 'text/plain']))
    const first = await get('/', ['If-None-Match', '"a"'])
    assert.deepEqual([first.status, first.text], [304, ''])
    assert.equal(fieldValue(asked[0]!.fields, 'if-none-match'), undefined)
    const second = await get('/', ['If-None-Match', '"b"'])
    assert.deepEqual([second.status, second.text], [200, 'x'])
    assert.equal(asked.length, 1)
    assert.equal(fieldValue(first.fields, 'etag'), '"a"')
    assert.equal(fieldValue(first.fields, 'content-type'), undefined)
  })

  test('gives one fetch to all who wait, while it arrives', async () => {
    const head = Promise.withResolvers<void>()
    const rest = Promise.withResolvers<void>()
    async function* slowly(): AsyncGenerator<Uint8Array> {
      yield bytes('first ')
      await rest.promise
      yield bytes('second')
    }
    const { ask, asked, counts } = bench(async () => {
      await head.promise
      return { status: 200, fields: [['Cache-Control', 'max-age=60']], body: slowly(), sizeBytes: undefined }
    })
    const waiting = Array.from({ length: 20 }, () => ask('/'))
    head.resolve()
    const answers = await Promise.all(waiting)
    const late = await ask('/')
    const parts = await Promise.all(
      [...answers, late].map(async ({ body }) => {
        const reader = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
        return [reader, new TextDecoder().decode((await reader.next()).value)] as const
      }),
    )
    assert.ok(parts.every(([, text]) => text === 'first '))
    rest.resolve()
    for (const [reader] of parts)
      assert.equal(new TextDecoder().decode((await reader.next()).value), 'second')
    assert.equal(asked.length, 1)
    assert.equal(counts()['cache.collapsed'], 20)
    assert.match(fieldValue(late.fields, 'cache-status')!, /; collapsed/)
  })

  test('lets those go alone who waited for what is personal, and the next ones at once', async () => {
    const head = Promise.withResolvers<void>()
    const { get, asked } = bench(async () => {
      await head.promise
      return says('yours', ['Cache-Control', 'private, max-age=60'])
    })
    const waiting = [get('/'), get('/'), get('/')]
    head.resolve()
    assert.deepEqual(
      (await Promise.all(waiting)).map(({ text }) => text),
      ['yours', 'yours', 'yours'],
    )
    assert.equal(asked.length, 3)
    await get('/', ['If-None-Match', '"a"'])
    assert.equal(fieldValue(asked[3]!.fields, 'if-none-match'), '"a"')
  })

  test('does not share with who asks in another way', async () => {
    const head = Promise.withResolvers<void>()
    const { get, asked } = bench(async ({ fields }) => {
      await head.promise
      return lasting(fieldValue(fields, 'foo') ?? '-', ['Vary', 'Foo'])
    })
    const waiting = [get('/', ['Foo', '1']), get('/', ['Foo', '2']), get('/', ['Foo', '1'])]
    head.resolve()
    assert.deepEqual(
      (await Promise.all(waiting)).map(({ text }) => text),
      ['1', '2', '1'],
    )
    assert.equal((await get('/', ['Foo', '2'])).how, 'inxt; hit; ttl=60')
    assert.equal((await get('/')).how, 'inxt; fwd=vary-miss; fwd-status=200; stored; ttl=60')
    assert.equal(asked.length, 3)
  })

  test('serves a good copy rather than an error, unless that is forbidden', async () => {
    for (const [control, wanted] of [
      ['max-age=1', 200],
      ['max-age=1, must-revalidate', 502],
    ] as const) {
      for (const bad of [failure, { ...says('sorry'), status: 502 }]) {
        let up = true
        const { get, clock } = bench(() => (up ? says('good', ['Cache-Control', control]) : bad))
        await get('/')
        up = false
        clock.now += 10_000
        const answer = await get('/')
        assert.equal(answer.status, wanted)
        if (wanted === 200) assert.equal(answer.how, 'inxt; fwd=stale; fwd-status=502; stored; ttl=-9')
        clock.now += 3_600_000
        assert.equal((await get('/')).status, 502)
      }
    }
  })

  test('shares the failure of an origin with all who wait', async () => {
    const head = Promise.withResolvers<void>()
    const { get, asked } = bench(async () => {
      await head.promise
      return failure
    })
    const waiting = [get('/'), get('/'), get('/')]
    head.resolve()
    assert.deepEqual(
      (await Promise.all(waiting)).map(({ status }) => status),
      [502, 502, 502],
    )
    assert.equal(asked.length, 1)
    assert.equal((await get('/')).status, 502)
    assert.equal(asked.length, 2)
  })

  test('serves what is stale while it fetches anew behind it, once (RFC 5861 §3)', async () => {
    const gate = Promise.withResolvers<void>()
    let version = 0
    const { get, asked, clock, bugs } = bench(async () => {
      version++
      if (version === 2) await gate.promise
      return says(`v${version}`, ['Cache-Control', 'max-age=1, stale-while-revalidate=100'])
    })
    await get('/')
    clock.now += 5000
    assert.deepEqual([(await get('/')).text, (await get('/')).text], ['v1', 'v1'])
    assert.equal(asked.length, 2)
    gate.resolve()
    // The body of the second goes through the store before it counts.
    while ((await get('/')).text !== 'v2') await Promise.resolve()
    assert.deepEqual(bugs, [])
  })

  test('cuts parts from what is whole, also while it arrives', async () => {
    const { get } = bench(() => lasting('0123456789', ['ETag', '"a"'], ['Content-Type', 'text/plain']))
    await get('/')
    const part = await get('/', ['Range', 'bytes=2-4'])
    assert.deepEqual(
      [part.status, part.text, fieldValue(part.fields, 'content-range')],
      [206, '234', 'bytes 2-4/10'],
    )
    assert.equal((await get('/', ['Range', 'bytes=-2'])).text, '89')
    assert.equal((await get('/', ['Range', 'bytes=20-'])).status, 416)
    const several = await get('/', ['Range', 'bytes=0-1,4-5'])
    assert.equal(several.status, 206)
    const boundary = /^multipart\/byteranges; boundary=(\w{32})$/.exec(
      fieldValue(several.fields, 'content-type')!,
    )![1]
    const parts = ['bytes 0-1/10\r\n\r\n01', 'bytes 4-5/10\r\n\r\n45'].map(
      text => `--${boundary}\r\nContent-Type: text/plain\r\nContent-Range: ${text}\r\n`,
    )
    assert.equal(several.text, `${parts.join('')}--${boundary}--\r\n`)
    assert.equal((await get('/', ['Range', 'bytes=0-1'], ['If-Range', '"b"'])).status, 200)
    assert.equal((await get('/', ['Range', 'bytes=0-1'], ['If-Range', '"a"'])).status, 206)
  })

  test('cuts parts from what came in chunks of unknown number, once all are there', async () => {
    const { get } = bench(() => ({
      ...lasting(''),
      body: stream('012', '345', '6789'),
      sizeBytes: undefined,
    }))
    await get('/')
    const part = await get('/', ['Range', 'bytes=2-6'])
    assert.deepEqual([part.status, part.text], [206, '23456'])
  })

  test('passes a request for a part that it has nothing of', async () => {
    const { get, asked } = bench(() => ({ ...says('23', ['Content-Range', 'bytes 2-3/10']), status: 206 }))
    const part = await get('/', ['Range', 'bytes=2-3'])
    assert.deepEqual([part.status, part.how], [206, 'inxt; fwd=partial; fwd-status=206'])
    assert.equal(fieldValue(asked[0]!.fields, 'range'), 'bytes=2-3')
  })

  test('forgets what an unsafe request changed, and what it names', async () => {
    let created = 201
    const { get, ask, asked } = bench(({ method }) =>
      method === 'GET' ? lasting('x') : { ...says('', ['Location', '/b']), status: created },
    )
    await get('/a')
    await get('/b')
    created = 500
    await ask('/a', { method: 'POST' })
    assert.deepEqual(
      [(await get('/a')).how, (await get('/b')).how],
      ['inxt; hit; ttl=60', 'inxt; hit; ttl=60'],
    )
    created = 201
    await ask('/a', { method: 'M-SEARCH' })
    await get('/a')
    await get('/b')
    assert.equal(asked.length, 6)
  })

  test('keeps nothing that was asked before a change and answered after it', async () => {
    const gate = Promise.withResolvers<void>()
    const { get, ask, asked } = bench(async ({ method }) => {
      if (method === 'GET' && asked.length === 1) await gate.promise
      return method === 'GET' ? lasting('x') : says('')
    })
    const early = get('/')
    await ask('/', { method: 'DELETE' })
    gate.resolve()
    await early
    await get('/')
    assert.equal(asked.length, 3)
  })

  test('answers HEAD from a stored GET, and learns from one that goes on (§4.3.5)', async () => {
    const { get, ask, asked, clock } = bench(({ method }) => {
      if (method === 'GET') return lasting('hello', ['ETag', '"a"'])
      const tag = clock.now > startedAt + 100_000 ? '"b"' : '"a"'
      const fields: Field[] = [
        ['Cache-Control', 'max-age=60'],
        ['ETag', tag],
        ['B', '2'],
      ]
      return { status: 200, fields, body: undefined, sizeBytes: 5 }
    })
    await get('/')
    assert.equal(fieldValue((await ask('/', { method: 'HEAD' })).fields, 'cache-status'), 'inxt; hit; ttl=60')
    clock.now += 61_000
    await ask('/', { method: 'HEAD' })
    const freshened = await get('/')
    assert.deepEqual([freshened.how, fieldValue(freshened.fields, 'b')], ['inxt; hit; ttl=60', '2'])
    clock.now += 61_000
    await ask('/', { method: 'HEAD' })
    assert.equal((await get('/')).how, 'inxt; fwd=uri-miss; fwd-status=200; stored; ttl=60')
    assert.equal(asked.length, 4)
  })

  test('gives nothing but what is stored to who wants nothing else (§5.2.1.7)', async () => {
    const { get, asked } = bench(() => lasting('x'))
    const only: Field = ['Cache-Control', 'only-if-cached']
    assert.equal((await get('/', only)).status, 504)
    await get('/')
    assert.equal((await get('/', only)).status, 200)
    assert.equal(asked.length, 1)
  })

  test('keeps no body that grows too long or breaks off, and reads on for who reads', async () => {
    const long = 'x'.repeat(100 * 1024)
    const chunk = 'x'.repeat(10 * 1024)
    const growing: Answer = () => ({
      ...lasting(''),
      body: stream(...Array(10).fill(chunk)),
      sizeBytes: undefined,
    })
    const { get, asked } = bench(growing)
    assert.equal((await get('/')).text, long)
    assert.equal((await get('/')).text, long)
    assert.equal(asked.length, 2)
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield bytes('half')
      throw new Fault('net/unreachable', 'gone')
    }
    const breaking = bench(() => ({ ...lasting(''), body: broken(), sizeBytes: 8 }))
    await assert.rejects(breaking.get('/'), /gone/)
    await assert.rejects(breaking.get('/'), /gone/)
    assert.equal(breaking.asked.length, 2)
  })

  test('goes on for others when the first client leaves, and ends when nobody waits', async () => {
    const head = Promise.withResolvers<void>()
    const { ask, get, asked } = bench(async ({ signal }) => {
      await Promise.race([head.promise, aborted(signal)])
      signal.throwIfAborted()
      return lasting('x')
    })
    const leaving = new AbortController()
    const first = ask('/', { signal: leaving.signal })
    const second = get('/')
    leaving.abort(new Fault('net/unreachable', 'left'))
    await assert.rejects(first, /left/)
    head.resolve()
    assert.equal((await second).text, 'x')
    assert.equal(asked.length, 1)
    const alone = bench(async ({ signal }) => {
      await aborted(signal)
      throw signal.reason
    })
    const again = new AbortController()
    const only = alone.ask('/', { signal: again.signal })
    again.abort(new Fault('net/unreachable', 'left'))
    await assert.rejects(only, /left/)
    assert.ok(alone.asked[0]!.signal.aborted)
  })

  test('asks for itself when the one it waits with leaves at that moment', async () => {
    const gate = Promise.withResolvers<void>()
    const { ask, get, asked } = bench(async ({ signal }) => {
      if (asked.length > 1) return lasting('x')
      await aborted(signal)
      await gate.promise
      throw signal.reason
    })
    const leaving = new AbortController()
    const first = ask('/', { signal: leaving.signal })
    leaving.abort(new Fault('net/unreachable', 'left'))
    const second = get('/')
    gate.resolve()
    await assert.rejects(first, /left/)
    assert.equal((await second).text, 'x')
  })

  test('stays out of conditions that only origins can judge, of upgrades, and of GET with content', async () => {
    const { get, asked } = bench(() => lasting('x'))
    await get('/')
    for (const field of [
      ['If-Match', '"a"'],
      ['Upgrade', 'websocket'],
      ['Content-Length', '3'],
    ] as const) {
      const { how } = await get('/', field)
      assert.equal(how, 'inxt; fwd=bypass; fwd-status=200')
    }
    assert.equal(asked.length, 4)
  })

  test('knows two spellings, schemes and hosts apart', async () => {
    const { get, ask, asked } = bench(() => lasting('x'))
    for (const path of ['/a', '/%61', '/a?', '/a?q', '//a', '/b/../a', 'http://a.example/a']) await get(path)
    assert.equal(asked.length, 6)
    await ask('/a', { secure: true })
    assert.equal(asked.length, 7)
  })
})
