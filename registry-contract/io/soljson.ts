// The compiler's own process: solc's standard JSON comes in on stdin, its answer goes out on stdout.
//
// soljson is 9 MB of WebAssembly that takes 200 MB while it works and never gives them back; a process of its
// own does.

import { createRequire } from 'node:module'
import { text } from 'node:stream/consumers'

interface Compiler {
  compile(input: string): string
}

const compiler = createRequire(import.meta.url)('solc') as Compiler
process.stdout.write(compiler.compile(await text(process.stdin)))
