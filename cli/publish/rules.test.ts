import assert from 'node:assert/strict'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import type { Fault } from '../../base/fault.ts'
import { quiet } from '../terminal.ts'
import { importFolder } from './import.ts'
import { checkRules, rulesText } from './rules.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inxt-rules-'))
})
afterEach(() => rm(folder, { recursive: true }))

const files = new Set(['index.html', 'about.html', 'how/index.html'])

test('a site without rules', async () => {
  assert.equal(await checkRules(folder, files), undefined)
  await symlink('/nowhere', join(folder, '_redirects'))
  assert.equal(await checkRules(folder, files), undefined)
})

test('rules that are in order', async () => {
  await writeFile(join(folder, '_redirects'), '/a /about\n/b /about 200\n/c /how/ 200\n/* / 200\n')
  await writeFile(join(folder, '_headers'), '/*\n  X-A: b\n')
  assert.equal(rulesText((await checkRules(folder, files))!), '4 rules in _redirects, 1 path in _headers')
})

test('origins are named', async () => {
  await writeFile(
    join(folder, '_redirects'),
    '/api/* https://api.example/:splat 200\n/* http://pages.example 200\n',
  )
  const text = rulesText((await checkRules(folder, new Set()))!)
  assert.equal(text, '2 rules in _redirects, answers from https://api.example, http://pages.example')
  await writeFile(join(folder, '_redirects'), '/\n/* https://me:secret@api.example/ 200\n')
  await assert.rejects(checkRules(folder, files), /_redirects:2: the files of a site are public/)
})

test('every error with its file and line, before anything is hashed', async () => {
  await writeFile(join(folder, 'index.html'), 'start')
  await writeFile(join(folder, '_redirects'), '# rules\n/a /b 999\n/c /d\n\n/d /c\n')
  await writeFile(join(folder, '_headers'), '/*\n  Set-Cookie: a=b\n')
  await assert.rejects(importFolder(folder, false, quiet), (error: Fault) => {
    assert.equal(error.code, 'config/invalid')
    const [first, second, ...rest] = error.message.split('\n')
    assert.match(first!, /^_redirects:2: "999" is not one of/)
    assert.match(second!, /^_headers:2: Set-Cookie is not the site's to say/)
    assert.deepEqual(rest, [])
    return true
  })
  await writeFile(join(folder, '_redirects'), '# rules\n\n/c /d\n\n/d /c\n/e /nothing 200\n')
  await assert.rejects(checkRules(folder, files), (error: Fault) => {
    assert.deepEqual(
      error.message.split('\n').map(line => line.split(' ')[0]),
      ['_headers:2:', '_redirects:3:', '_redirects:5:', '_redirects:6:'],
    )
    return true
  })
})

test('a flood of errors is cut', async () => {
  await writeFile(join(folder, '_redirects'), '/a\n'.repeat(150))
  await assert.rejects(checkRules(folder, files), /and 50 more$/)
})
