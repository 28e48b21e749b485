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

/** Of ours, what waits for its first use: a key to enter with, a host to certify, a zone to judge. */
const latecomers = [
  'registry-contract/io/operator.ts',
  'registry-contract/io/payment.ts',
  'cli/parts/certificate-office.ts',
  'edge/io/local-authority.ts',
  'resolver/sign/io/judge-thread.ts',
]

const lister = `
  import { registerHooks } from 'node:module'
  const urls = []
  registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) })
  await import(process.argv[1])
  const natives = process.moduleLoadList.filter(name => name.startsWith('NativeModule '))
  console.log(JSON.stringify({ urls, natives }))
`

interface Loaded {
  readonly urls: readonly string[]
  readonly natives: readonly string[]
}

test('an edge loads no compiler, no wallet, no light client, no undici, and at most 1,200 modules', () => {
  const words = ['--input-type=module', '--eval', lister, join(import.meta.dirname, 'edge.ts')]
  const { urls, natives } = JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8' })) as Loaded
  assert(urls.some(url => url.endsWith('/cli/node.ts')))
  const found = urls.filter(url => strangers.some(name => url.includes(`/node_modules/${name}`)))
  assert.deepEqual(found, [])
  assert.deepEqual(
    latecomers.filter(name => urls.some(url => url.endsWith(`/${name}`))),
    [],
  )
  // An import of node:http anywhere would bring it (base/io/node-http.ts).
  assert(natives.includes('NativeModule http'))
  assert(!natives.includes('NativeModule internal/deps/undici/undici'))
  // 1,163 in November 2026, of which 110 check storage proofs, and some 400 are libp2p's.
  assert(urls.length <= 1200, `${urls.length}`)
})
