// `npm run lock` completes package-lock.json: every optional package of every platform has an entry.
//
// A registry that mirrors only some platforms makes npm drop the others from the lock file, after which `npm ci`
// refuses to install anywhere else, or at all. The entry needs no more than version, platform and that it is optional.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface Entry {
  version?: string
  cpu?: string[]
  os?: string[]
  dev?: boolean
  optional?: boolean
  optionalDependencies?: Record<string, string>
}

const file = join(import.meta.dirname, '..', 'package-lock.json')
const systems = ['android', 'darwin', 'win32', 'freebsd', 'openharmony', 'linux']
const processors: [named: RegExp, cpu: string][] = [
  [/arm64/, 'arm64'],
  [/arm-?eabi|eabihf/, 'arm'],
  [/amd64|x64/, 'x64'],
  [/ia32|ppc64|riscv64|s390x/, ''],
]

/** Entries that the lock lacks, by their place in node_modules. */
export function missingEntries(): Record<string, Entry> {
  const { packages } = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, Entry> }
  const missing: Record<string, Entry> = {}
  for (const [place, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (`node_modules/${name}` in packages || `${place}/node_modules/${name}` in packages) continue
      const { cpu, os } = platformOf(name)
      // In npm's own order, so that the next `npm install` finds nothing to rewrite.
      missing[`node_modules/${name}`] = {
        version,
        ...(cpu && { cpu }),
        ...(dev && { dev }),
        optional: true,
        ...(os && { os }),
      }
    }
  }
  return missing
}

function platformOf(name: string): { cpu?: string[]; os?: string[] } {
  const os = systems.find(system => name.includes(system))
  const [named, cpu] = processors.find(([named]) => named.test(name)) ?? []
  return { ...(named && { cpu: [cpu || named.exec(name)![0]] }), ...(os && { os: [os] }) }
}

if (import.meta.main) {
  const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, Entry> }
  const packages = { ...lock.packages, ...missingEntries() }
  const sorted = Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1))
  writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`)
}
