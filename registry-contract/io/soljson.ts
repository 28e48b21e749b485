#!/usr/bin/env node
// The compiler's own process: solc's standard JSON comes in on stdin, its answer goes out on stdout; with
// `--version` it says who it is, which is all that forge asks of a solc.
//
// soljson is 9 MB of WebAssembly that takes 200 MB while it works and never gives them back; a process of its
// own does.

import { createRequire } from 'node:module'
import { text } from 'node:stream/consumers'

interface Compiler {
  compile(input: string): string
  version(): string
}

const compiler = createRequire(import.meta.url)('solc') as Compiler
const answer = process.argv.includes('--version')
  ? `solc, the solidity compiler\nVersion: ${compiler.version()}\n`
  : compiler.compile(await text(process.stdin))
process.stdout.write(answer)
