// Solidity becomes bytecode, once per change: the result is kept under the hash of all that went into it.
//
// Settings are fixed so that the same sources give the same bytes everywhere: an optimizer that thinks of a million
// calls (they are made for years, the deployment once), the EVM of the Cancun fork (which every current chain runs),
// and no metadata hash, which would change with every comment. A first start of the devnet waits for this: so two
// compilers share the contracts, one a core, and solc's other pipeline (viaIR, three times as long) is left out.

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, posix } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { Fault, isFault } from '../../base/fault.ts'
import { readJson, writeWhole } from '../../base/io/file.ts'
import { type ContractName, contractNames } from '../addresses.ts'

export interface Artifact {
  /** Solidity's JSON ABI. */
  readonly abi: readonly Record<string, unknown>[]
  /** Creation code, 0x and hexadecimal, without constructor arguments. */
  readonly bytecode: string
}

export type Artifacts = Readonly<Record<ContractName, Artifact>>

/** Beside what npm installed: one compilation serves tests, devnets and deployments of this checkout. */
export const artifactsCache = fileURLToPath(
  new URL('../../node_modules/.cache/inxt/contracts', import.meta.url),
)

const contractsFolder = fileURLToPath(new URL('../contracts', import.meta.url))
const compilerScript = fileURLToPath(new URL('soljson.ts', import.meta.url))

/** Compiling takes 4 s on 2 cores; this is for machines that do much else. */
const deadlineMs = 120_000

const settings = {
  optimizer: { enabled: true, runs: 1_000_000 },
  evmVersion: 'cancun',
  metadata: { bytecodeHash: 'none', appendCBOR: false },
}

/** Each takes a compiler about as long as the other. */
const shares: readonly (readonly ContractName[])[] = [
  ['NameRegistrar', 'NameRegistry', 'DomainClaims', 'SlashPolicy'],
  ['TokenSale', 'EdgeRegistry', 'InxtToken'],
]

interface Output {
  errors?: { severity: string; formattedMessage: string }[]
  contracts?: Record<string, Record<string, { abi: Artifact['abi']; evm: { bytecode: { object: string } } }>>
}

type Sources = Record<string, { content: string }>

/** `from "./Labels.sol"` or `from "@openzeppelin/…"`: the only form of import in our sources and in OpenZeppelin's. */
const importPattern = /^import\s[^;]*?"([^"]+)";/gm

/** The name under which `importer` means `path`: its own folder's, or a package's. */
function importedName(importer: string, path: string): string {
  return path.startsWith('.') ? posix.join(posix.dirname(importer), path) : path
}

/** Our sources, named by their file, and all that they import, named as imported. */
async function readSources(): Promise<Sources> {
  const resolve = createRequire(import.meta.url).resolve
  const own = (await readdir(contractsFolder)).filter(file => file.endsWith('.sol')).sort()
  const sources: Sources = {}
  for (const waiting = [...own]; waiting.length > 0; ) {
    const name = waiting.shift()!
    if (Object.hasOwn(sources, name)) continue
    const file = own.includes(name) ? join(contractsFolder, name) : resolve(name)
    const content = await readFile(file, 'utf8')
    sources[name] = { content }
    waiting.push(...[...content.matchAll(importPattern)].map(match => importedName(name, match[1]!)))
  }
  return sources
}

async function runCompiler(input: string): Promise<Output> {
  const signal = AbortSignal.timeout(deadlineMs)
  const child = spawn(process.execPath, [compilerScript], { stdio: ['pipe', 'pipe', 'ignore'], signal })
  const failed = new Promise<never>((_, reject) => {
    child.once('error', cause =>
      reject(new Fault('tool/missing', 'The Solidity compiler did not run.', { cause })),
    )
  })
  child.stdin.on('error', () => {}) // a compiler that died early is reported by what it answered
  child.stdin.end(input)
  const answer = await Promise.race([text(child.stdout), failed])
  try {
    return JSON.parse(answer) as Output
  } catch (cause) {
    const hint = 'Run `npm install` again: the package solc is damaged or missing.'
    throw new Fault('tool/missing', 'The Solidity compiler gave no answer.', { cause, hint })
  }
}

function artifactsOf(outputs: readonly Output[]): Artifacts {
  const errors = outputs.flatMap(({ errors = [] }) => errors).filter(error => error.severity === 'error')
  if (errors.length > 0) throw new Error(errors.map(error => error.formattedMessage).join('\n'))
  const entries = contractNames.map((name): [ContractName, Artifact] => {
    const { abi, evm } = outputs.find(({ contracts }) => contracts?.[`${name}.sol`]?.[name])!.contracts![
      `${name}.sol`
    ]![name]!
    return [name, { abi, bytecode: `0x${evm.bytecode.object}` }]
  })
  return Object.fromEntries(entries) as Record<ContractName, Artifact>
}

/** What is read from the cache must be whole. */
export function isArtifacts(value: unknown): value is Artifacts {
  const artifacts = value as Partial<Artifacts> | null | undefined
  return contractNames.every(name => {
    const one = artifacts?.[name]
    return Array.isArray(one?.abi) && /^0x[0-9a-f]+$/.test(String(one?.bytecode))
  })
}

/** All contracts, from the cache when nothing changed. A source that does not compile is a bug, so an Error. */
export async function compileContracts(cacheFolder = artifactsCache): Promise<Artifacts> {
  const sources = await readSources()
  const { version } = createRequire(import.meta.url)('solc/package.json') as { version: string }
  const inputs = shares.map(names => {
    const selected = names.map(name => [`${name}.sol`, { [name]: ['abi', 'evm.bytecode.object'] }])
    const outputSelection = Object.fromEntries(selected)
    return JSON.stringify({ language: 'Solidity', sources, settings: { ...settings, outputSelection } })
  })
  const hash = createHash('sha256').update(version)
  for (const input of inputs) hash.update('\0').update(input)
  const file = join(cacheFolder, `contracts-${hash.digest('hex').slice(0, 16)}.json`)
  const kept = await readJson(file).catch(() => undefined)
  if (isArtifacts(kept)) return kept

  const artifacts = artifactsOf(await Promise.all(inputs.map(runCompiler)))
  // A folder that cannot be written costs the next start its seconds, and this one nothing.
  await writeWhole(file, JSON.stringify(artifacts)).catch(onlyFault)
  return artifacts
}

function onlyFault(error: unknown): void {
  if (!isFault(error)) throw error
}
