// Stopping, starting again, and starts that must fail cleanly.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { inxt, type Place, processesNaming, projectRoot, reservePlace, startDevnet, until } from './devnet.ts'
import { edgeView, fetchSite, publish } from './reader.ts'
import { digShort, toolsMissing } from './tools.ts'

describe('restart', { skip: toolsMissing() }, () => {
  let place: Place

  before(async () => {
    place = await reservePlace()
  })
  after(async () => {
    await place?.remove()
  })

  test('Ctrl-C leaves nothing running; starts go on from what was kept; a dead chain comes back', async () => {
    const first = await startDevnet(place)
    const before = await first.network()
    const root = await digShort(
      before.edges[0]!.address,
      before.edges[0]!.dnsPort,
      '_dnslink.welcome.inxt',
      'TXT',
    )
    // Waited for: on a busy machine one may be doubted for a moment.
    const addresses = before.edges.map(({ address }) => address).sort()
    await until('an edge finds all others alive', 10_000, async () => {
      const { aliveAddresses } = await edgeView(before.edges[0]!)
      return isDeepStrictEqual(aliveAddresses, addresses) ? true : undefined
    })
    assert.equal(await first.stop(), 0)
    assert.deepEqual(await processesNaming(place.folder), [])

    const keys = await Promise.all(before.edges.map(edge => identityOf(edge.number)))
    const second = await startDevnet(place)
    try {
      const { edges } = await second.network()
      assert.deepEqual(await Promise.all(edges.map(edge => identityOf(edge.number))), keys)
      assert.deepEqual(
        await digShort(edges[2]!.address, edges[2]!.dnsPort, '_dnslink.welcome.inxt', 'TXT'),
        root,
      )
      assert.equal((await fetchSite(edges[4]!, 'welcome.inxt', '/')).status, 200)

      const again = await inxt(['devnet', ...place.flags])
      assert.equal(again.code, 1)
      assert.match(again.stderr, /in use by process/)
    } finally {
      second.process.kill('SIGKILL')
      await once(second.process, 'exit')
    }
    await until('the edges of a killed devnet end by themselves', 15_000, async () => {
      const left = (await processesNaming(place.folder)).filter(line => !line.includes('anvil'))
      return left.length === 0 ? true : undefined
    })
    const third = await startDevnet(place)
    const [edge] = (await third.network()).edges
    assert.equal((await fetchSite(edge!, 'welcome.inxt', '/')).status, 200)

    process.kill((await third.network()).chainPid, 'SIGKILL')
    await until('the chain is started again', 10_000, async () =>
      third.output().includes('was started again') ? true : undefined,
    )
    const site = join(projectRoot, 'examples', 'sites', 'welcome', 'how')
    const { edges } = await publish(join(place.folder, '.inxt'), site, 'after-the-crash')
    assert.equal(edges.length, 5)
    assert.equal(await third.stop(), 0)
    assert.deepEqual(await processesNaming(place.folder), [])
  })

  async function identityOf(number: number): Promise<string> {
    const folder = join(place.folder, '.inxt', `edge-${number}`)
    const [file] = (await readdir(folder)).filter(name => name.startsWith('identity'))
    return readFile(join(folder, file!), 'hex')
  }

  async function expectRefusal(says: RegExp): Promise<void> {
    const { code, stderr } = await inxt(['devnet', ...place.flags])
    assert.equal(code, 1, stderr)
    assert.match(stderr, says)
    assert.equal(stderr.trim().split('\n').length, 3, stderr)
    assert.deepEqual(await processesNaming(place.folder), [])
  }

  test('a taken port: three lines, exit code 1, nothing half-started', async () => {
    const port = Number(place.flags[place.flags.indexOf('--http-port') + 1])
    const network = place.flags[place.flags.indexOf('--network') + 1]
    const server = createServer().listen({ host: `127.0.${network}.3`, port })
    await once(server, 'listening')
    await expectRefusal(new RegExp(`127\\.0\\.${network}\\.3:${port} is taken`))
    server.close()
    await once(server, 'close')
  })

  test('a broken state file: three lines that name it, exit code 1, nothing half-started', async () => {
    const chain = join(place.folder, '.inxt', 'chain')
    const [state] = (await readdir(chain)).filter(name => name.endsWith('.json'))
    const whole = await readFile(join(chain, state!))
    await writeFile(join(chain, state!), whole.subarray(0, whole.length / 2))
    await expectRefusal(new RegExp(state!))
    await writeFile(join(chain, state!), whole)
  })

  test('a data folder that cannot be made', async () => {
    await writeFile(join(place.folder, 'file'), '')
    const flags = [...place.flags]
    flags[flags.indexOf('--data') + 1] = join(place.folder, 'file', 'x')
    const { code, stderr } = await inxt(['devnet', ...flags])
    assert.equal(code, 1)
    assert.equal(stderr.trim().split('\n').length, 3, stderr)
  })
})
