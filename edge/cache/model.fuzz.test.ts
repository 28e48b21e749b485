import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Field, fieldValue, type IngressResponse } from '../message.ts'
import { bench, startedAt, stream } from './bench.ts'

/** What the origin says of the one address there is, and what clients and time do. */
type Act =
  | { readonly do: 'publish'; readonly control: string; readonly tagged: boolean; readonly vary: boolean }
  | { readonly do: 'fail' | 'post' | 'head' }
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'get'; readonly foo: string; readonly known: boolean; readonly part: boolean }

const controls = ['', 'max-age=10', 'max-age=0', 'no-store', 'no-cache', 'private, max-age=10', 'public']
const strict = ['max-age=2, must-revalidate', 's-maxage=2']
const more = ['max-age=5, stale-while-revalidate=5', 'max-age=5, stale-if-error=5']
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    do: fc.constant('publish'),
    control: fc.constantFrom(...controls, ...strict, ...more),
    tagged: fc.boolean(),
    vary: fc.boolean(),
  }),
  fc.record({ do: fc.constantFrom('fail', 'post', 'head') }),
  fc.record({ do: fc.constant('wait'), seconds: fc.integer({ min: 1, max: 12 }) }),
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('get'),
      foo: fc.constantFrom('a', 'b'),
      known: fc.boolean(),
      part: fc.boolean(),
    }),
  },
)

/** What was current until it was replaced, by its text. */
interface Version {
  readonly control: string
  readonly tagged: boolean
  readonly vary: boolean
  /** Instant at which the origin stopped saying it. */
  replacedAt: number
}

/**
 * The naive oracle: however requests come, a client gets a version that its request fits and that the origin allowed
 * to be said at this moment, never more stale than it may be, and with an error only if there is none.
 */
test('no client gets what the origin would not have it get', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 60 }), async acts => {
      const versions: Version[] = [
        { control: '', tagged: false, vary: false, replacedAt: Number.POSITIVE_INFINITY },
      ]
      let up = true
      const { get, ask, asked, clock } = bench(({ fields, method }): IngressResponse => {
        if (!up) return { status: 503, fields: [], body: stream('down'), sizeBytes: 4 }
        const number = versions.length - 1
        const { control, tagged, vary } = versions[number]!
        const tag = `"v${number}"`
        const head: Field[] = [['Cache-Control', control], ...(vary ? ([['Vary', 'Foo']] as const) : [])]
        if (tagged) head.push(['ETag', tag])
        if (tagged && fieldValue(fields, 'if-none-match') === tag)
          return { status: 304, fields: head, body: undefined, sizeBytes: undefined }
        const text = `v${number} for ${vary ? fieldValue(fields, 'foo') : 'all'}`
        return {
          status: 200,
          fields: head,
          body: method === 'HEAD' ? undefined : stream(text),
          sizeBytes: text.length,
        }
      })
      let postedAt = startedAt
      for (const one of acts) {
        if (one.do === 'publish') {
          versions.at(-1)!.replacedAt = clock.now
          versions.push({ ...one, replacedAt: Number.POSITIVE_INFINITY })
          up = true
        } else if (one.do === 'fail') up = !up
        else if (one.do === 'wait') clock.now += one.seconds * 1000
        else if (one.do === 'get') {
          const fields: Field[] = [['Foo', one.foo]]
          if (one.known) fields.push(['If-None-Match', `"v${versions.length - 1}"`])
          if (one.part) fields.push(['Range', 'bytes=0-'])
          const before = asked.length
          const { status, text, how } = await get('/', ...fields)
          const went = asked.length > before
          if (status === 304) continue
          if (status === 503) {
            assert.ok(!up && went)
            continue
          }
          assert.ok(status === 200 || status === 206, `${status}`)
          const [, number, whose] = /^v(\d+) for (\w+)$/.exec(text) ?? assert.fail(text)
          const version = versions[Number(number)]!
          assert.ok(whose === 'all' || whose === one.foo, text)
          const old = clock.now - Math.min(version.replacedAt, clock.now)
          if (old === 0 && version.replacedAt === Number.POSITIVE_INFINITY) continue
          assert.ok(!/no-store|private|no-cache/.test(version.control), how)
          if (version.replacedAt < postedAt) assert.fail(`said before the change: ${how}`)
          const allowedS = up ? 10 : 3610
          assert.ok(old <= allowedS * 1000, `${version.control}, ${old} ms, ${how}`)
          if (/must-revalidate|s-maxage/.test(version.control)) assert.ok(old <= 2000, how)
        } else {
          const { status } = await ask('/', { method: one.do.toUpperCase() })
          if (one.do === 'post' && status < 400) postedAt = clock.now
        }
        // What was read to its end comes into the store in the turns that follow.
        for (let i = 0; i < 20; i++) await Promise.resolve()
      }
    }),
    { numRuns: 150 },
  )
})
