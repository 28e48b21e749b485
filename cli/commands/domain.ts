// `inxt domain claim|release|show`: a domain of one's own for a site, and what to enter at the registrar for it.
//
// The claim is a transaction; what makes it count is entered elsewhere, by hand, so the command ends with the very
// lines to enter. Which edges they name is the same whenever it is asked, spread over the network by the domain's name.
// `show` walks from the root servers to the domain's parent as an edge does, and says what an edge would see.

import { toHex } from '../../base/bytes.ts'
import { Fault } from '../../base/fault.ts'
import { rendezvous } from '../../base/hash.ts'
import { knobs } from '../../config/knobs.ts'
import type { ClaimEntry } from '../../registry-contract/claim.ts'
import {
  claimCall,
  claimOf,
  claimsOn,
  type EdgeDoor,
  edgesOn,
  labelOn,
  releaseCall,
  requireDomain,
} from '../../registry-contract/io/claims.ts'
import { confirmContracts } from '../../registry-contract/io/deploy.ts'
import { readName } from '../../registry-contract/io/names.ts'
import type { Call } from '../../registry-contract/io/reader.ts'
import { spell } from '../../registry-contract/spelling.ts'
import { createLookUp } from '../../resolver/delegation/io/look-up.ts'
import { type Delegation, type Security, securityOf, verdictOf } from '../../resolver/delegation/verdict.ts'
import type { Finding } from '../../resolver/delegation/walk.ts'
import { type Ask, ask } from '../../resolver/io/ask.ts'
import { types } from '../../resolver/wire/code.ts'
import { flagBits } from '../../resolver/wire/header.ts'
import { nameText, parseName } from '../../resolver/wire/name.ts'
import { dataOctets } from '../../resolver/wire/rdata.ts'
import { securityText, verdictText } from '../dns/domain-problem.ts'
import { requireNotOurs } from '../publish/own-labels.ts'
import { createTerminal, quiet, type Terminal } from '../terminal.ts'
import { type AccountOptions, type OpenChain, openChainFor } from '../wallet/account.ts'
import { settleOn } from '../wallet/consent.ts'

interface SpendOptions extends AccountOptions {
  yes: boolean
  json: boolean
}

interface ShowOptions extends AccountOptions {
  json: boolean
  roots?: string
}

/** As many name servers as are entered: two must be there (RFC 1034 §4.1), four outlive any two edges. */
const serversWanted = 4
const dnsPort = 53

export async function domainClaim(typed: string, site: string, options: SpendOptions): Promise<void> {
  const domain = requireDomain(typed)
  const { label } = await spell(site)
  requireNotOurs(label)
  await using chain = await openChainFor(options)
  requireForeign(domain, chain.addresses.suffix)
  const { owner, expiresAt } = await readName(chain.reader, chain.addresses, label)
  if (expiresAt <= (await chain.reader.now()) * 1000) {
    throw new Fault('input/invalid', `${label} belongs to nobody now, so no domain can show it.`, {
      hint: `Register it first: inxt name register ${label}`,
    })
  }
  const terminal = options.json ? quiet : createTerminal()
  const { addresses, rpc } = chain
  const spent = await spend(chain, options, terminal, `claim ${domain} for ${label}`, async payer => {
    const claim = claimOf(addresses, domain, payer, label)
    const standing = await claimsOn(rpc, addresses, domain)
    const isThere = standing.some(({ owner, site }) => owner === payer && site === claim.site)
    return isThere ? undefined : claimCall(addresses, claim)
  })
  const claim = claimOf(addresses, domain, spent.payer, label)
  const servers = nameServers(claim, await edgesOn(rpc, addresses))
  if (options.json) {
    return print({
      domain,
      site: label,
      siteOwner: owner,
      token: claim.token,
      servers,
      transaction: spent.transaction,
    })
  }
  printServers(terminal, claim, servers)
  terminal.line(`  \`inxt domain show ${domain}\` says what an edge sees.${transactionText(spent)}\n`)
}

/** What lies below the suffix is answered from the chain, whoever claims it. */
function requireForeign(domain: string, suffix: string): void {
  if (domain !== suffix && !domain.endsWith(`.${suffix}`)) return
  throw new Fault('input/invalid', `${domain} is a name of this network, not a domain of the DNS.`, {
    hint: 'It needs no claim: publish your site under it.',
  })
}

export async function domainRelease(typed: string, options: SpendOptions): Promise<void> {
  const domain = requireDomain(typed)
  await using chain = await openChainFor(options)
  const terminal = options.json ? quiet : createTerminal()
  const { addresses, rpc } = chain
  const spent = await spend(chain, options, terminal, `release ${domain}`, async payer => {
    const standing = await claimsOn(rpc, addresses, domain)
    return standing.some(({ owner }) => owner === payer) ? releaseCall(addresses, domain) : undefined
  })
  if (options.json) return print({ domain, ...spent })
  terminal.line(`\n  No edge serves ${domain} on a claim of ${spent.payer}.${transactionText(spent)}\n`)
}

interface Spent {
  readonly payer: string
  /** Undefined: all was as wanted already. */
  readonly transaction: string | undefined
}

function transactionText({ transaction }: Spent): string {
  return transaction === undefined ? ' Nothing had to be changed on chain.' : ` transaction ${transaction}`
}

/** Shows the bill, and sends when somebody agreed to it; `callFor` says what, if anything is to be changed. */
async function spend(
  chain: OpenChain,
  options: SpendOptions,
  terminal: Terminal,
  what: string,
  callFor: (payer: string) => Promise<Call | undefined>,
): Promise<Spent> {
  await confirmContracts(chain.rpc, chain.addresses, ['DomainClaims'])
  const wallet = await chain.openWallet()
  const payer = wallet.address
  const call = await callFor(payer)
  if (call === undefined) return { payer, transaction: undefined }
  const [gas, gasPrice, eth] = await Promise.all([wallet.estimate(call), wallet.gasPrice(), wallet.balance()])
  const bill = { expenses: [{ what, gas, inxt: 0n }], gasPrice, eth, payer }
  await settleOn(bill, createTerminal(options.json ? process.stderr : process.stdout), options.yes)
  const { transaction } = await terminal.step(what, () => wallet.send(call))
  return { payer, transaction }
}

interface NameServer {
  /** Below the domain, so that the parent takes addresses for it. */
  readonly host: string
  readonly addresses: readonly string[]
}

/** Edges at the port where name servers are sought; a devnet has none, and shows what it has. */
function nameServers({ name, token }: ClaimEntry, edges: readonly EdgeDoor[]): NameServer[] {
  const usual = edges.filter(edge => edge.dnsPort === dnsPort)
  const known = new Map(
    (usual.length > 0 ? usual : edges).map(({ peerKey, addresses }) => [peerKey, addresses]),
  )
  return rendezvous(name, [...known.keys()], serversWanted).map((peerKey, i) => ({
    host: `ns${i + 1}.${token}.${name}`,
    addresses: known.get(peerKey)!,
  }))
}

function printServers(terminal: Terminal, { name, token }: ClaimEntry, servers: readonly NameServer[]): void {
  terminal.line(`\n  Enter these name servers for ${name} at its registrar, with their addresses (glue):\n`)
  terminal.table(
    ['name server', 'addresses'],
    servers.map(({ host, addresses }) => [host, addresses.join(', ')]),
  )
  if (servers.length < 2) terminal.line('  Registries want two or more: this network has fewer edges.')
  terminal.line(`\n  Other host names do as well if one of their labels is ${token}.`)
}

export async function domainShow(typed: string, options: ShowOptions): Promise<void> {
  const domain = requireDomain(typed)
  const roots = requireRoots(options.roots)
  await using chain = await openChainFor(options)
  const lookUp = createLookUp({ roots, timeoutMs: 2000, totalMs: 15_000 })
  const [claims, finding] = await Promise.all([
    claimsOn(chain.rpc, chain.addresses, domain),
    lookUp.find(domain),
  ])
  const [sites, edges] = await Promise.all([
    Promise.all(claims.map(({ site }) => labelOn(chain.rpc, chain.addresses, site))),
    edgesOn(chain.rpc, chain.addresses),
  ])
  const rows = claims.map(({ owner, token }, i) => ({ owner, site: sites[i] ?? null, token }))
  const verdict = verdictOf(claims, finding)
  const parent = delegationOf(finding)
  const security =
    verdict.kind === 'served' ? await securityAt(edges, domain, verdict.delegation.ds) : undefined
  if (options.json) {
    const found = { verdict: verdict.kind, says: verdictText(verdict), ...(security && { security }) }
    return print({ domain, claims: rows, ...found, ...parent })
  }
  const terminal = createTerminal()
  terminal.line(`\n  ${domain} ${verdictText(verdict)}\n`)
  if (rows.length === 0) terminal.line(`  Nobody claims it: inxt domain claim ${domain} <site>`)
  else {
    const table = rows.map(({ owner, site, token }) => [
      owner,
      site ?? '(a name that nobody registered)',
      token,
    ])
    terminal.table(['claimed by', 'for', 'token'], table)
  }
  if (parent.hosts.length > 0) {
    terminal.line()
    terminal.table(
      ['its parent says', 'addresses'],
      parent.hosts.map(({ host, addresses }) => [host, addresses.join(', ')]),
    )
    const count = parent.ds?.length
    const secure = count === 0 ? 'no DS: the zone counts as unsigned' : `DS: ${parent.ds?.join(', ')}`
    terminal.line(`  ${count === undefined ? 'its servers do not agree on DS' : secure}`)
  }
  const problem = security && securityText(security)
  if (problem !== undefined) terminal.line(`\n  ${terminal.paint('yellow', `${domain} ${problem}`)}`)
  if (security === 'secure')
    terminal.line('  It fits a key of the zone that is served: resolvers validate it.')
  if (claims.length === 1 && verdict.kind !== 'served') {
    printServers(terminal, claims[0]!, nameServers(claims[0]!, edges))
  }
  terminal.line()
}

const keysTimeoutMs = 3000

/** How the parent's DS fits the keys that the first edge to answer has for the zone. */
async function securityAt(
  edges: readonly EdgeDoor[],
  domain: string,
  ds: Delegation['ds'],
): Promise<Security> {
  const asked = edges.slice(0, serversWanted).flatMap(({ addresses, dnsPort }) => {
    const [server] = addresses
    return server === undefined ? [] : keysAt({ server, port: dnsPort, name: domain })
  })
  const keys = await Promise.any(asked).catch(() => undefined)
  return keys === undefined ? 'unclear' : securityOf(parseName(domain), ds, keys)
}

/** The RDATA of its DNSKEY set; rejects when it has no authority for the zone. */
async function keysAt(at: Pick<Ask, 'server' | 'port' | 'name'>): Promise<Uint8Array[]> {
  const { flags, answers } = await ask({ ...at, type: types.DNSKEY, timeoutMs: keysTimeoutMs })
  if ((flags & flagBits.AA) === 0)
    throw new Fault('net/unreachable', `${at.server} does not serve ${at.name}`)
  return answers.filter(({ type }) => type === types.DNSKEY).map(({ data }) => dataOctets(data))
}

function requireRoots(text: string | undefined): string[] {
  const { form, says, default: usual } = knobs['domains.roots']
  if (text === undefined) return usual.split(',')
  if (form.test(text)) return text.split(',')
  throw new Fault('input/invalid', `--roots: must be ${says}`)
}

function delegationOf(finding: Finding): { hosts: NameServer[]; ds?: string[] } {
  if (finding.kind !== 'delegated') return { hosts: [] }
  const hosts = finding.hosts.map(({ name, addresses }) => ({ host: nameText(name), addresses }))
  return { hosts, ...(finding.ds && { ds: finding.ds.map(dsText) }) }
}

/** As a zone file has it: tag, algorithm, type of digest, digest. */
function dsText(rdata: Uint8Array): string {
  const [high = 0, low = 0, algorithm, digestType] = rdata
  return `${(high << 8) | low} ${algorithm} ${digestType} ${toHex(rdata.subarray(4))}`
}

function print(json: object): void {
  process.stdout.write(`${JSON.stringify(json, null, 2)}\n`)
}
