// Headers by validators, as an edge has them from its settings: the real light client, a beacon node over HTTP, anvil.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { isFault } from '../../base/fault.ts'
import { silentLog } from '../../base/io/log.ts'
import { settingsFrom } from '../../config/settings.ts'
import { createRehearsal, rehearsalConfig } from '../../registry-contract/beacon/rehearsal.ts'
import { askHeader, type TrustedHeader } from '../../registry-contract/headers.ts'
import { proofRehearsal } from '../../registry-contract/io/proof-rehearsal.ts'
import { openHeaders } from './headers.ts'

type Chain = Awaited<ReturnType<typeof proofRehearsal>>

const config = rehearsalConfig()
const network = { config, genesisAt: 0 }
const start = 1700 * 32 * 256
const now = (start + 100) * config.SLOT_DURATION_MS
const slots = { finalizedSlot: start + 32, attestedSlot: start + 96, signatureSlot: start + 97 }
const rehearsal = createRehearsal(config)
const { root, answer } = rehearsal.bootstrap(start, `0x${'b0'.repeat(32)}`)
const log = silentLog
const stack = new AsyncDisposableStack()

let chain: Chain
let final: TrustedHeader
let folder: string
let url: string
/** What the beacon node was asked for. */
const asked: string[] = []

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inxt-headers-'))
  stack.defer(() => rm(folder, { recursive: true }))
  chain = await proofRehearsal()
  stack.defer(() => chain.stop())
  final = (await askHeader(chain.rpc, 'latest'))!
  const finality = rehearsal.update({ ...slots, kind: 'finality', executionHash: final.hash })
  const server = createServer(({ url: path = '' }, response) => {
    asked.push(path)
    if (path.endsWith(`/bootstrap/${root}`)) response.end(JSON.stringify(answer))
    else if (path.endsWith('/finality_update')) response.end(JSON.stringify(finality))
    else response.writeHead(404).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(async () => void server.close())
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
after(() => stack.disposeAsync())

function open(values: Record<string, unknown>, known?: typeof network) {
  const settings = settingsFrom([{ source: 'test', values }])
  const addresses = { chainId: 31_337 } as Parameters<typeof openHeaders>[1]['addresses']
  return openHeaders({ settings, folder, log, stack }, { endpoints: [chain.rpc], addresses }, known)
}

test('with beacon nodes the newest header is what validators signed, and the next run begins there', async () => {
  const headers = await open({ 'chain.beacon': url, 'chain.checkpoint': root }, network)
  assert.equal((await headers.newest(now)).hash, final.hash)
  const [kept, from] = (await readFile(join(folder, 'checkpoint'), 'utf8')).trim().split(' ')
  assert.notEqual(kept, root)
  assert.equal(from, root)
  const other = `0x${'ab'.repeat(32)}`
  for (const [named, asksFor] of [
    ['', kept],
    [root, kept],
    [other, other], // its operator says so: what was kept may be too old to be believed, or to be known
  ] as const) {
    asked.length = 0
    const again = await open({ 'chain.beacon': url, 'chain.checkpoint': named }, network)
    await assert.rejects(again.newest(now), error => isFault(error, 'chain/unreachable'))
    assert.match(asked[0]!, new RegExp(`/bootstrap/${asksFor}$`))
  }
  await rm(join(folder, 'checkpoint'))
})

test('settings that cannot work are told at the start; without beacon nodes endpoints are believed', async () => {
  const isInvalid = (says: RegExp) => (error: unknown) =>
    isFault(error, 'config/invalid') && says.test(error.message)
  await assert.rejects(open({ 'chain.beacon': url, 'chain.checkpoint': root }), isInvalid(/for chain 31337/))
  await assert.rejects(open({ 'chain.beacon': url }, network), isInvalid(/without chain.checkpoint/))
  const headers = await open({ 'chain.finalBlocks': 0 })
  assert.equal((await headers.at(final.number, Date.now()))?.hash, final.hash)
})
