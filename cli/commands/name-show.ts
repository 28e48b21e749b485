// `inxt name show`: how a name stands on chain, what happened to it, and whether its storage proof bears that out.
//
// The record is read at one block and proven at the same: the endpoints agree on the block's hash, the proof leads from
// there to the very slots of the registry. `failed` means that an endpoint says what its own proof does not show.

import { Fault, isFault } from '../../base/fault.ts'
import { realClock } from '../../base/io/clock.ts'
import { createQuorumHeaders } from '../../registry-contract/headers.ts'
import { type NameChange, nameHistory } from '../../registry-contract/io/history.ts'
import { readName } from '../../registry-contract/io/names.ts'
import { proveByAny } from '../../registry-contract/io/prover.ts'
import { zeroAddress } from '../../registry-contract/io/reader.ts'
import { childNode } from '../../registry-contract/label.ts'
import type { NameRecord } from '../../registry-contract/layout.ts'
import { type Spelling, spell } from '../../registry-contract/spelling.ts'
import { ownLabels } from '../../resolver/zone/suffix.ts'
import { createTerminal, type Terminal } from '../terminal.ts'
import { type AccountOptions, type OpenChain, openChainFor } from '../wallet/account.ts'
import { cidOf } from './contenthash.ts'
import { dayText } from './name.ts'

interface ShowOptions extends AccountOptions {
  json: boolean
}

type Proof = 'verified' | 'failed' | 'unavailable'

interface Proven {
  readonly record: NameRecord
  readonly proof: Proof
  /** Why it failed or is not to be had. */
  readonly why: string
  readonly block: number | undefined
}

/** Changes that are printed. */
const changesShown = 20

export async function nameShow(typed: string, options: ShowOptions): Promise<void> {
  const name = await spell(typed)
  await using chain = await openChainFor(options)
  const shown = await prove(chain, name.label)
  const { owner, expiresAt, sequence, contenthash, zonehash } = shown.record
  if (options.json) {
    const isHeld = owner !== zeroAddress
    const facts = {
      name: name.label,
      owner: isHeld ? owner : null,
      expiresAt,
      sequence,
      contenthash,
      content: cidOf(contenthash) ?? null,
      zonehash,
      zone: cidOf(zonehash) ?? null,
    }
    process.stdout.write(`${JSON.stringify({ ...facts, proof: shown.proof }, null, 2)}\n`)
    return
  }
  const node = childNode(chain.addresses.suffixNode, name.label)
  const changes = await nameHistory(chain.rpc, chain.addresses, node, changesShown)
  const now = Math.max((await chain.reader.now()) * 1000, realClock.now())
  print(createTerminal(), name, shown, changes, now)
}

/** The record at the block that the endpoints agree on, and what its proof says of it. */
async function prove(chain: OpenChain, label: string): Promise<Proven> {
  const { reader, addresses, endpoints } = chain
  const { address: registry, codeHash } = addresses.contracts.NameRegistry
  const target = { registry, codeHash, node: childNode(addresses.suffixNode, label) }
  // A person asks how things stand now, so the block is the newest that most of the endpoints have, not a final one.
  const headers = createQuorumHeaders({ endpoints, depth: 0 })
  let block: number | undefined
  try {
    const header = await headers.newest(realClock.now())
    block = header.number
    const record = await readName(reader, addresses, label, block)
    const proven = await proveByAny(endpoints, header.bytes, target)
    const differing = differences(record, proven.record)
    if (differing.length === 0) return { record, proof: 'verified', why: '', block }
    const why = `the endpoint and its own proof differ in ${differing.join(', ')}`
    return { record: proven.record, proof: 'failed', why, block }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    const record = await readName(reader, addresses, label)
    const proof = isFault(error, 'proof/invalid') ? 'failed' : 'unavailable'
    return { record, proof, why: error.message, block }
  }
}

function differences(said: NameRecord, proven: NameRecord): string[] {
  const fields = ['owner', 'delegate', 'expiresAt', 'sequence', 'contenthash', 'zonehash'] as const
  return fields.filter(field => said[field] !== proven[field])
}

function print(
  terminal: Terminal,
  name: Spelling,
  shown: Proven,
  changes: readonly NameChange[],
  now: number,
): void {
  const { record, proof, why, block } = shown
  const { owner, delegate, expiresAt, sequence, contenthash, zonehash } = record
  const line = (what: string, text: string): void =>
    terminal.line(`  ${terminal.paint('dim', what.padEnd(10))}${text}`)
  terminal.line()
  line('name', name.shown === name.label ? name.label : `${name.label} (${name.shown})`)
  if (ownLabels.has(name.label)) line('owner', 'nobody: it belongs to the network itself')
  else if (owner === zeroAddress) line('owner', 'nobody: it was never registered')
  else {
    line('owner', now < expiresAt ? owner : `${owner}, until its term ended`)
    line(
      'expires',
      `${dayText(expiresAt)}${now < expiresAt ? '' : terminal.paint('yellow', ' (its term is over)')}`,
    )
    if (delegate !== zeroAddress) line('delegate', delegate)
    line('content', contentText(contenthash))
    line('zone', contentText(zonehash))
    line('changes', `${sequence}`)
  }
  const colours = { verified: 'green', failed: 'red', unavailable: 'yellow' } as const
  const at = block === undefined ? '' : `, at block ${block}`
  line('proof', `${terminal.paint(colours[proof], proof)}${at}${why === '' ? '' : `: ${why}`}`)
  if (changes.length > 0) {
    terminal.line()
    const left = changes.length - changesShown
    terminal.table(
      ['change', 'when', 'block', 'what'],
      changes
        .slice(-changesShown)
        .map(change => [
          `${change.sequence}`,
          change.blockAt === 0 ? '' : new Date(change.blockAt).toISOString().slice(0, 16).replace('T', ' '),
          `${change.blockNumber}`,
          changeText(change),
        ]),
    )
    if (left > 0) terminal.line(`  and ${left} earlier`)
  }
  terminal.line()
}

function changeText(change: NameChange): string {
  switch (change.event) {
    case 'NameAssigned':
      return `registered by ${change.owner} until ${dayText(change.expiresAt * 1000)}`
    case 'NameExtended':
      return `renewed until ${dayText(change.expiresAt * 1000)}`
    case 'NameTransferred':
      return `handed over to ${change.to}`
    case 'DelegateChanged':
      return change.delegate === zeroAddress ? 'no delegate any more' : `delegate ${change.delegate}`
    case 'ContenthashChanged':
      return `content ${contentText(change.contenthash)}`
    case 'ZonehashChanged':
      return `zone ${contentText(change.zonehash)}`
  }
}

/** The CID, or the bytes when they are none. */
function contentText(hash: string): string {
  if (hash === '0x') return 'none'
  return cidOf(hash) ?? `${hash.slice(0, 80)}${hash.length > 80 ? '…' : ''} (no content that edges serve)`
}
