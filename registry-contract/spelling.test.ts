import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { isFault } from '../base/fault.ts'
import { isLabel } from './label.ts'
import { spell } from './spelling.ts'

describe('spelling', () => {
  test('what is plain stays, what is international becomes its A-label', async () => {
    const rows: [typed: string, label: string, shown: string][] = [
      ['my-site', 'my-site', 'my-site'],
      ['a--b', 'a--b', 'a--b'],
      ['0', '0', '0'],
      ['a'.repeat(63), 'a'.repeat(63), 'a'.repeat(63)],
      ['bücher', 'xn--bcher-kva', 'bücher'],
      ['bu\u0308cher', 'xn--bcher-kva', 'bücher'],
      ['xn--bcher-kva', 'xn--bcher-kva', 'bücher'],
      ['faß', 'xn--fa-hia', 'faß'],
      ['日本語サイト', 'xn--eck7a6cz431azlbtz6h', '日本語サイト'],
      ['пример', 'xn--e1afmkfd', 'пример'],
      ['שלום', 'xn--9dbne9b', 'שלום'],
    ]
    for (const [typed, label, shown] of rows) assert.deepEqual(await spell(typed), { label, shown }, typed)
  })

  test('what is refused says why and what to type', async () => {
    const rows: [typed: string, why: RegExp, hint: RegExp][] = [
      ['', /empty/, /a-z/],
      ['MySite', /capital/, /Use mysite\./],
      ['Not-A-Label!', /Not-A-Label!.*"!"/, /a-z/],
      ['a_b', /"_"/, /a-z/],
      ['a b', /" "/, /a-z/],
      ['-a', /hyphen/, /Leave/],
      ['a-', /hyphen/, /Leave/],
      ['ab--cd', /third and fourth/, /another/],
      ['mysite.inxt', /dot/, /label alone/],
      ['a'.repeat(64), /63/, /Shorten/],
      ['a'.repeat(9999), /longer/, /a-z/],
      ['ö'.repeat(60), /63/, /Shorten/],
      ['раypal', /mixture.*U\+0440/, /one script/],
      ['аррӏе', /confusable/, /one script/],
      ['gооgle', /U\+043E/, /one script/],
      ['🚀site', /emoji 🚀/, /letters/],
      ['i❤you', /emoji/, /letters/],
      ['1\u{fe0f}\u{20e3}', /emoji/, /letters/],
      ['xn--ls8h', /emoji 💩/, /letters/],
      ['xn--80ak6aa92e', /confusable/, /one script/],
      ['xn--a', /not the encoding/, /bücher/],
      ['xn--bcher-KVA', /usual encoding/, /Use xn--bcher-kva\./],
      ['BÜCHER', /spelled/, /Use bücher\./],
      ['ﬁn', /spelled/, /Use fin\./],
      ['①', /spelled/, /Use 1\./],
      ['a\u200db', /200D/, /letters/],
      ['½', /spelled|leaves out/, /./],
      ['a\n', /cannot|character/, /./],
      ['\0', /./, /./],
      ['\ud800', /./, /./],
    ]
    for (const [typed, why, hint] of rows) {
      await assert.rejects(spell(typed), (error: unknown) => {
        assert(isFault(error, 'name/invalid'), `${typed}: ${error}`)
        assert.match(error.message, why, typed)
        assert.match(error.hint, hint, typed)
        return true
      })
    }
  })

  test('whatever is typed, a label comes out that spells itself again, or a Fault', async () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.string({ unit: 'grapheme', maxLength: 20 }),
      fc.string({ maxLength: 12 }).map(text => `xn--${text}`),
      fc.string({ unit: fc.constantFrom(...'abc-01'), maxLength: 10 }),
      fc.string({ unit: fc.constantFrom(...'abcäöüéßжд日本שع-·0'), maxLength: 10 }),
    )
    let spelled = 0
    await fc.assert(
      fc.asyncProperty(anything, async typed => {
        const spelling = await spell(typed).catch(error => {
          if (!isFault(error, 'name/invalid')) throw error
        })
        if (spelling === undefined) return
        spelled++
        assert(isLabel(spelling.label), spelling.label)
        assert.deepEqual(await spell(spelling.label), spelling)
        assert.deepEqual(await spell(spelling.shown), spelling)
      }),
      { seed: 1, numRuns: 600 },
    )
    assert(spelled > 50, `${spelled} labels`)
  })
})
