import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8 } from '../../base/bytes.ts'
import { Fault } from '../../base/fault.ts'
import type { Content } from '../questions.ts'
import { createRuleBook, noRules, readRules } from './rules.ts'

const { signal } = new AbortController()

/** The files of one root; every read is counted, and waits until `open` is called when it is to. */
function site(files: Record<string, Uint8Array>, gate: Promise<unknown> = Promise.resolve()) {
  const read: string[] = []
  let failures = 0
  const content: Pick<Content, 'resolve' | 'read'> = {
    async resolve(_root, path) {
      const bytes = files[path]
      return bytes === undefined ? { kind: 'missing' } : { kind: 'file', cid: path, sizeBytes: bytes.length }
    },
    async *read(_root, cid, { start, end }, signal) {
      read.push(cid)
      await gate
      signal.throwIfAborted()
      if (failures-- > 0) throw new Fault('content/missing', 'No holder.')
      yield files[cid]!.subarray(start, end)
    },
  }
  const failOnce = (): void => {
    failures = 1
  }
  const complaints: string[] = []
  const book = createRuleBook(content, (root, all) => {
    complaints.push(...all.map(({ file, line }) => `${root} ${file}:${line}`))
  })
  return { book, read, failOnce, complaints }
}

test('read once, and known at once from then on', async () => {
  const { book, read } = site({ _redirects: utf8('/a /b'), _headers: utf8('/*\n  X-A: b') })
  const rules = await book.find('r', signal)
  assert.equal(rules.redirects.rules.length, 1)
  assert.equal(rules.headers.blocks, 1)
  assert.equal(book.find('r', signal), rules)
  assert.equal(read.length, 2)
  await book.find('another', signal)
  assert.equal(read.length, 4)
})

test('none, empty, and a folder of that name', async () => {
  assert.deepEqual(await site({}).book.find('r', signal), noRules)
  const empty = site({ _redirects: utf8(''), _headers: utf8('\n# nothing\n') })
  assert.equal((await empty.book.find('r', signal)).redirects.rules.length, 0)
})

test('many at once read once', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { book, read } = site({ _redirects: utf8('/a /b') }, promise)
  const all = [1, 2, 3].map(() => book.find('r', signal))
  resolve()
  const [first, ...rest] = await Promise.all(all)
  assert.ok(rest.every(one => one === first))
  assert.equal(read.length, 1)
})

test('who leaves takes nobody along', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { book, read } = site({ _redirects: utf8('/a /b') }, promise)
  const leaving = new AbortController()
  const [left, stayed] = [book.find('r', leaving.signal), book.find('r', signal)]
  leaving.abort(new Fault('net/unreachable', 'The client has gone.'))
  resolve()
  await assert.rejects(Promise.resolve(left), { code: 'net/unreachable' })
  assert.equal((await stayed).redirects.rules.length, 1)
  assert.equal(read.length, 2)
})

test('what cannot be had fails the request, and is tried again', async () => {
  const { book, failOnce } = site({ _headers: utf8('/*\n  X-A: b') })
  failOnce()
  await assert.rejects(Promise.resolve(book.find('r', signal)), { code: 'content/missing' })
  assert.equal((await book.find('r', signal)).headers.blocks, 1)
})

test('a file with a mistake is ignored as a whole, the other one not', () => {
  const both = { _redirects: utf8('/a /b\n/c /d 999'), _headers: utf8('/*\n  X-A: b') }
  const { rules, complaints } = readRules(both)
  assert.equal(rules.redirects.rules.length, 0)
  assert.equal(rules.headers.blocks, 1)
  assert.deepEqual(
    complaints.map(({ file, line }) => `${file}:${line}`),
    ['_redirects:2'],
  )
})

test('too large, and not UTF-8', async () => {
  const large = new Uint8Array(512 * 1024 + 1).fill(0x0a)
  const what = (bytes: Uint8Array): string => readRules({ _redirects: bytes }).complaints[0]!.what
  assert.match(what(large), /524289 bytes; 524288 are allowed/)
  assert.match(what(Uint8Array.of(0xff)), /not UTF-8/)
  const { book, complaints } = site({ _redirects: large })
  assert.deepEqual(await book.find('r', signal), noRules)
  await book.find('r', signal)
  assert.deepEqual(complaints, ['r _redirects:0'])
})
