// `inxt devnet`: the whole network on one machine, from nothing to a published site, and its orderly end.
//
// Whatever is started is put on a stack at once; leaving (Ctrl-C, or a Fault half-way) unwinds the stack, so nothing
// is ever left half-started. What was kept from an earlier run is used again: identities, blocks, chain.

import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { realClock } from '../../base/io/clock.ts'
import { openLocalAuthority } from '../../edge/io/local-authority.ts'
import { devnetMnemonic } from '../../registry-contract/io/anvil.ts'
import { compileContracts } from '../../registry-contract/io/compile.ts'
import { lockFolder } from '../daemon/lock.ts'
import { type Chain, startChain } from '../devnet/chain.ts'
import { foundRegistry, replacementLine } from '../devnet/contracts.ts'
import { type RunningEdge, startEdge } from '../devnet/edges.ts'
import { printGuide } from '../devnet/guide.ts'
import { endOrphan } from '../devnet/orphan.ts'
import {
  type DevnetOptions,
  type DevnetPlan,
  endpointsOf,
  planDevnet,
  publisherAccount,
} from '../devnet/plan.ts'
import { requireFree } from '../devnet/ports.ts'
import { settleNetwork } from '../devnet/settle.ts'
import { type Network, writeNetwork } from '../network.ts'
import { publishFolder } from '../publish/publish.ts'
import { createTerminal, quiet, type Terminal } from '../terminal.ts'

const suffix = 'inxt'
const welcomeSite = join(import.meta.dirname, '..', '..', 'examples', 'sites', 'welcome')

type Stack = AsyncDisposableStack

export async function devnet(options: DevnetOptions): Promise<void> {
  const terminal = createTerminal()
  const plan = planDevnet(options)
  const interruption = new AbortController()
  const interrupted = new Promise<void>(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve())
  })
  interrupted.then(() => interruption.abort())
  await using stack = new AsyncDisposableStack()
  // Ctrl-C half-way lets the running step end and begins no other; what was started until then is on the stack.
  const up = await start(plan, interruptible(terminal, interruption.signal), stack).catch(error => {
    if (!interruption.signal.aborted) throw error
    return undefined
  })
  if (up !== undefined) {
    watch(up.edges, terminal, interruption.signal)
    printGuide(terminal, up.network, plan)
    await interrupted
  }
  terminal.line()
  await terminal.step('stopping', async () => stack.disposeAsync())
}

/** The same terminal, whose steps do not begin any more once the signal is aborted. */
function interruptible(terminal: Terminal, signal: AbortSignal): Terminal {
  return {
    ...terminal,
    step: async (title, action) => {
      signal.throwIfAborted()
      return terminal.step(title, action)
    },
    bar: async (title, total, action) => {
      signal.throwIfAborted()
      return terminal.bar(title, total, action)
    },
  }
}

interface Up {
  readonly network: Network
  readonly edges: readonly RunningEdge[]
}

async function start(plan: DevnetPlan, terminal: Terminal, stack: Stack): Promise<Up> {
  terminal.line(terminal.paint('bold', `\n  INXT devnet`) + terminal.paint('dim', `  in ${plan.data}\n`))
  stack.defer(await lockFolder(plan.data))
  if (await endOrphan(plan.data)) terminal.line('  the chain of a devnet that was killed is ended first')
  await terminal.step('ports are free', () => requireFree(endpointsOf(plan)))
  const { addressesFile } = plan
  await makeAuthority(plan)
  const chain = await openChain(plan, terminal, stack)
  const edges = await startEdges(plan, terminal, stack)
  const { dnsPort, httpPort, httpsPort, overlayPort } = plan
  const network: Network = {
    version: 1,
    suffix,
    rpc: plan.rpc,
    // Commands may be given from anywhere.
    addressesFile: resolve(addressesFile),
    walletFile: resolve(plan.data, 'wallet.json'),
    edges: edges.map(({ plan: { number, address }, pid }) => {
      return { number, address, dnsPort, httpPort, httpsPort, overlayPort, pid }
    }),
    chainPid: chain.pid(),
  }
  await terminal.step('every edge sees every other', () => settleNetwork(network.edges))
  await writeWallet(network.walletFile, publisherAccount)
  await writeNetwork(plan.data, network)
  const welcome = { folder: welcomeSite, name: 'welcome', network, hidden: false, deadlineMs: 30_000 }
  await terminal.step(`welcome.${suffix} is published`, () => publishFolder(welcome, quiet))
  return { network, edges }
}

/** Before the edges, which all use it: one certificate to trust, however many edges there are. */
async function makeAuthority({ authorityFolder: folder }: DevnetPlan): Promise<void> {
  const ownNames = ['localhost'] as const
  await openLocalAuthority({ folder, suffixes: [suffix], ownNames, clock: realClock, serves: () => false })
}

async function openChain(plan: DevnetPlan, terminal: Terminal, stack: Stack): Promise<Chain> {
  // The compiler takes a second or two of one core; the chain starts beside it.
  const compiled = terminal.step('contracts compiled', () => compileContracts())
  compiled.catch(() => {})
  const chain = await startChain(plan, terminal)
  stack.defer(() => chain.stop())
  const artifacts = await compiled
  const replaced = await terminal.step(`chain up at ${chain.url}, contracts deployed`, () =>
    foundRegistry(plan, chain.url, artifacts, suffix),
  )
  const told = replacementLine(replaced)
  if (told !== undefined) terminal.line(`  ${terminal.paint('yellow', told)}`)
  return chain
}

async function startEdges(plan: DevnetPlan, terminal: Terminal, stack: Stack): Promise<RunningEdge[]> {
  return terminal.bar(`${plan.edges} edges`, plan.edges, async advance => {
    const starting = plan.members.map(async member => {
      await mkdir(member.folder, { recursive: true })
      await writeWallet(join(member.folder, 'operator.json'), member.number)
      await writeFile(member.configFile, `${JSON.stringify(settingsOf(plan, member.address), null, 2)}\n`)
      const edge = await startEdge(member)
      stack.defer(() => edge.stop())
      advance(1)
      return edge
    })
    const results = await Promise.allSettled(starting)
    const failed = results.find(result => result.status === 'rejected')
    if (failed) throw failed.reason
    return results.map(result => (result as PromiseFulfilledResult<RunningEdge>).value)
  })
}

function settingsOf(plan: DevnetPlan, address: string): object {
  const [first] = plan.members
  return {
    edge: { address, suffix },
    dns: { port: plan.dnsPort },
    http: { port: plan.httpPort, tlsPort: plan.httpsPort },
    certificates: { authority: 'local', localFolder: resolve(plan.authorityFolder) },
    overlay: { port: plan.overlayPort, bootstrap: `${first!.address}:${plan.overlayPort}` },
    chain: { rpc: plan.rpc, addresses: plan.addressesFile },
  }
}

/** The accounts of the test mnemonic are worth nothing; the file is still for its owner alone. */
async function writeWallet(file: string, account: number): Promise<void> {
  await writeFile(file, `${JSON.stringify({ mnemonic: devnetMnemonic, account })}\n`, { mode: 0o600 })
}

/** Says when an edge ends, unless we are ending it. */
function watch(edges: readonly RunningEdge[], terminal: Terminal, stopping: AbortSignal): void {
  for (const { plan, ended } of edges) {
    ended.then(how => {
      if (!stopping.aborted)
        terminal.line(`  edge ${plan.number} (${plan.address}) ended: ${how}; the others go on`)
    })
  }
}
