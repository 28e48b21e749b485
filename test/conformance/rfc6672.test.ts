// RFC 6672 §2.2, Table 1: what a DNAME makes of a name, asked of a zone that has nothing but that DNAME.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { classes, types } from '../../resolver/wire/code.ts'
import { nameText, parseName } from '../../resolver/wire/name.ts'
import { createLadder } from '../../resolver/zone/ladder.ts'
import { readZone } from '../../resolver/zone/master.ts'
import { createZone } from '../../resolver/zone/snapshot.ts'

const table: readonly (readonly [asked: string, owner: string, target: string, result?: string])[] = [
  ['com.', 'example.com.', 'example.net.'],
  ['example.com.', 'example.com.', 'example.net.'],
  ['a.example.com.', 'example.com.', 'example.net.', 'a.example.net.'],
  ['a.b.example.com.', 'example.com.', 'example.net.', 'a.b.example.net.'],
  ['ab.example.com.', 'b.example.com.', 'example.net.'],
  ['foo.example.com.', 'example.com.', 'example.net.', 'foo.example.net.'],
  ['a.x.example.com.', 'x.example.com.', 'example.net.', 'a.example.net.'],
  ['a.example.com.', 'example.com.', 'y.example.net.', 'a.y.example.net.'],
  ['cyc.example.com.', 'example.com.', 'example.com.', 'cyc.example.com.'],
  ['cyc.example.com.', 'example.com.', 'c.example.com.', 'cyc.c.example.com.'],
  ['shortloop.x.x.', 'x.', '.', 'shortloop.x.'],
  ['shortloop.x.', 'x.', '.', 'shortloop.'],
]

/** Names that the answer's CNAMEs lead to, in order. */
function ledTo(asked: string, owner: string, target: string): string[] {
  const apex = parseName(owner)
  const text = `$TTL 5\n@ SOA ns.test. h.test. 1 2 3 4 5\n@ NS ns.test.\n@ DNAME ${target}\n`
  const ladder = createLadder([createZone(readZone(text, apex).records, apex)])
  const decision = ladder({ name: parseName(asked), type: types.A, class: classes.IN })
  const records =
    'records' in decision ? decision.records : 'aliases' in decision ? (decision.aliases ?? []) : []
  return records.flatMap(({ data }) => (data.kind === 'host' ? [nameText(data.host)] : []))
}

describe('RFC 6672 §2.2, Table 1', () => {
  for (const [asked, owner, target, result] of table) {
    test(`${asked} below ${owner} DNAME ${target} is ${result ?? 'no match'}`, () => {
      assert.equal(ledTo(asked, owner, target)[0], result)
    })
  }
})
