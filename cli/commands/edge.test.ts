// What an edge loads before it serves: memory is bought by the module, and nobody notices who brought it along.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

/** Packages that only other commands need, or only later: compilers, keys, transactions, the light client. */
const strangers = [
  'solc',
  'ethers',
  '@openzeppelin/contracts',
  '@foundry-rs/forge',
  '@chainsafe/blst',
  '@lodestar',
  'undici',
  '@peculiar',
  'reflect-metadata',
]

const lister = `
  import { registerHooks } from 'node:module'
  const urls = []
  registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) })
  await import(process.argv[1])
  console.log(JSON.stringify(urls))
`

test('an edge loads no compiler, no wallet and no light client, and at most 1,200 modules', () => {
  const words = ['--input-type=module', '--eval', lister, join(import.meta.dirname, 'edge.ts')]
  const urls = JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8' })) as string[]
  assert(urls.some(url => url.endsWith('/cli/node.ts')))
  const found = urls.filter(url => strangers.some(name => url.includes(`/node_modules/${name}`)))
  assert.deepEqual(found, [])
  // 1,131 in November 2026, of which 110 check storage proofs, and some 400 are libp2p's.
  assert(urls.length <= 1200, `${urls.length}`)
})
