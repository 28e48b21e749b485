// Solidity becomes bytecode, once per change: the result is kept under the hash of all that went into it.
//
// Settings are fixed so that the same sources give the same bytes everywhere: optimizer at 200 runs, the EVM
// of the Cancun fork (which every current chain runs), and no metadata hash, which would change with every
// comment.

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { Fault } from '../../base/fault.ts'
import { readJson, writeAtomically } from './file.ts'

export interface Artifact {
  /** Solidity's JSON ABI. */
  readonly abi: readonly Record<string, unknown>[]
  /** Creation code, 0x and hexadecimal, without constructor arguments. */
  readonly bytecode: string
}

export interface Artifacts {
  readonly NameRegistry: Artifact
  readonly EdgeRegistry: Artifact
}

const contractsFolder = fileURLToPath(new URL('../contracts', import.meta.url))
const compilerScript = fileURLToPath(new URL('soljson.ts', import.meta.url))

/** Compiling takes 1 to 2 s on 2 cores; this is for machines that do much else. */
const deadlineMs = 120_000

const settings = {
  optimizer: { enabled: true, runs: 200 },
  evmVersion: 'cancun',
  metadata: { bytecodeHash: 'none', appendCBOR: false },
  outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
}

interface Output {
  errors?: { severity: string; formattedMessage: string }[]
  contracts?: Record<string, Record<string, { abi: Artifact['abi']; evm: { bytecode: { object: string } } }>>
}

async function readSources(): Promise<Record<string, { content: string }>> {
  const files = (await readdir(contractsFolder)).filter(file => file.endsWith('.sol')).sort()
  const read = async (file: string) => [
    file,
    { content: await readFile(join(contractsFolder, file), 'utf8') },
  ]
  return Object.fromEntries(await Promise.all(files.map(read)))
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

function artifactsOf(output: Output): Artifacts {
  const errors = output.errors?.filter(error => error.severity === 'error') ?? []
  if (errors.length > 0) throw new Error(errors.map(error => error.formattedMessage).join('\n'))
  const artifact = (name: string): Artifact => {
    const found = output.contracts![`${name}.sol`]![name]!
    return { abi: found.abi, bytecode: `0x${found.evm.bytecode.object}` }
  }
  return { NameRegistry: artifact('NameRegistry'), EdgeRegistry: artifact('EdgeRegistry') }
}

function isArtifacts(value: unknown): value is Artifacts {
  const artifacts = value as Partial<Artifacts> | null | undefined
  return [artifacts?.NameRegistry, artifacts?.EdgeRegistry].every(
    one => Array.isArray(one?.abi) && /^0x[0-9a-f]+$/.test(String(one?.bytecode)),
  )
}

/**
 * Both contracts, from `cacheFolder` when nothing changed. A source that does not compile is a bug, so an
 * Error.
 */
export async function compileContracts(cacheFolder: string): Promise<Artifacts> {
  const sources = await readSources()
  const { version } = createRequire(import.meta.url)('solc/package.json') as { version: string }
  const input = JSON.stringify({ language: 'Solidity', sources, settings })
  const key = createHash('sha256').update(version).update('\0').update(input).digest('hex').slice(0, 16)
  const file = join(cacheFolder, `contracts-${key}.json`)
  const kept = await readJson(file).catch(() => undefined)
  if (isArtifacts(kept)) return kept

  const artifacts = artifactsOf(await runCompiler(input))
  await writeAtomically(file, JSON.stringify(artifacts))
  return artifacts
}
