// Where npm has put the programs of Foundry: a package for each platform holds the binary.
//
// The packages that one asks for are wrappers in Node that start it: one more process to stop, and 62 MB instead
// of 19.

import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Fault } from '../../base/fault.ts'

/** Path of the program; Fault `tool/missing`. */
export function foundryBinary(program: 'anvil' | 'forge'): string {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch
  const name = `@foundry-rs/${program}-${process.platform}-${arch}`
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
    return join(folder, 'bin', process.platform === 'win32' ? `${program}.exe` : program)
  } catch (cause) {
    const hint = {
      anvil: 'Run `npm install` without --omit=optional, or give another chain with --rpc.',
      forge: 'Run `npm install` without --omit=optional and --omit=dev.',
    }[program]
    throw new Fault('tool/missing', `The package ${name} is not installed.`, { cause, hint })
  }
}
