import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Answer, bench, bytes, says } from '../cache/bench.ts'
import { FairShare } from '../fair-share.ts'
import { type Field, fieldValue } from '../message.ts'

/** Until all that goes on without waiting for anything has come to its end. */
const turns = (): Promise<void> => new Promise(resolve => setImmediate(() => setImmediate(resolve)))

describe('what was asked for in part', () => {
  /** An origin of ten digits that knows ranges. */
  const digits =
    (...fields: Field[]): Answer =>
    request => {
      const range = /^bytes=(\d)-(\d)$/.exec(fieldValue(request.fields, 'range') ?? '')
      if (range === null) return says('0123456789', ...fields)
      const [from, to] = [Number(range[1]), Number(range[2])]
      const said = says('0123456789'.slice(from, to + 1), ...fields, [
        'Content-Range',
        `bytes ${from}-${to}/10`,
      ])
      return { ...said, status: 206 }
    }

  const lasts: Field = ['Cache-Control', 'max-age=60']

  test('is fetched whole behind it, once, for the parts that follow', async () => {
    const { get, asked, counts } = bench(digits(['Cache-Control', 'max-age=60']))
    const [one, other] = await Promise.all([
      get('/', ['Range', 'bytes=2-3']),
      get('/', ['Range', 'bytes=4-6'], ['If-Range', '"a"']),
    ])
    assert.deepEqual([one.text, other.text], ['23', '456'])
    await turns()
    const next = await get('/', ['Range', 'bytes=7-8'])
    assert.deepEqual([next.status, next.text, next.how], [206, '78', 'inxt; hit; ttl=60'])
    assert.equal((await get('/')).text, '0123456789')
    const whole = asked.filter(({ fields }) => fieldValue(fields, 'range') === undefined)
    assert.deepEqual([asked.length, whole.length, counts()['cache.stored']], [3, 1, 1])
    assert.equal(fieldValue(whole[0]!.fields, 'if-range'), undefined)
  })

  test('is not, where it may not be kept or is too long', async () => {
    const part =
      (value: string): Answer =>
      () => ({ ...says('23', lasts, ['Content-Range', value]), status: 206 })
    for (const [answer, ...fields] of [
      [digits()],
      [digits(['Cache-Control', 'private, max-age=60'])],
      [digits(lasts), ['Cache-Control', 'no-store']],
      [digits(lasts), ['Authorization', 'x']],
      [part('bytes 2-3/*')],
      [part('bytes 2-3/65537')],
      [part('2-3/10')],
    ] as [Answer, ...Field[]][]) {
      const { get, asked, bugs } = bench(answer)
      await get('/', ['Range', 'bytes=2-3'], ...fields)
      await turns()
      assert.deepEqual([asked.length, bugs.length], [1, 0])
    }
  })

  test('comes whole of few at once, so that parts of many do not hold all connections', async () => {
    const end = Promise.withResolvers<void>()
    const { get, asked } = bench(request => {
      if (fieldValue(request.fields, 'range') !== undefined) return digits(lasts)(request)
      const body = (async function* () {
        await end.promise
        yield bytes('0123456789')
      })()
      return { ...says('0123456789', lasts), body }
    })
    const wholes = (): number =>
      asked.filter(({ fields }) => fieldValue(fields, 'range') === undefined).length
    for (let i = 0; i < 20; i++) await get(`/${i}`, ['Range', 'bytes=0-0'])
    await turns()
    assert.equal(wholes(), 4)
    end.resolve()
    await turns()
    await get('/20', ['Range', 'bytes=0-0'])
    await turns()
    assert.equal(wholes(), 5)
  })

  test('is not tried again at once, when it was longer than the origin had said', async () => {
    const { get, asked } = bench(request => {
      if (fieldValue(request.fields, 'range') !== undefined) return digits(lasts)(request)
      return { ...says('x'.repeat(70_000), lasts), sizeBytes: undefined }
    })
    for (let i = 0; i < 3; i++) {
      await get('/', ['Range', 'bytes=0-0'])
      await turns()
    }
    assert.equal(asked.length, 4)
  })

  test('is not, where so much arrives already', async () => {
    const { get, asked } = bench(digits(['Cache-Control', 'max-age=60']), {
      arriving: new FairShare(9).of(''),
    })
    await get('/', ['Range', 'bytes=2-3'])
    await turns()
    assert.equal(asked.length, 1)
  })
})
