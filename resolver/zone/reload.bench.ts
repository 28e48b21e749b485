// How long queries wait while a zone of a million records is read anew beside them, and what memory it takes.
//
//   npm run bench -- resolver/zone/reload
//
// A process serves the zone (`inxt edge --standalone`), another asks one question after the other; the file is replaced
// by a version with another serial. The longest wait without a reload, in the same run, is the peer.

import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { realClock } from '../../base/io/clock.ts'
import { types } from '../wire/code.ts'
import { decodeMessage, encodeMessage } from '../wire/message.ts'
import { parseName } from '../wire/name.ts'

const names = Number(process.argv.find(word => /^[0-9]+$/.test(word)) ?? 1_000_000)
const address = '127.0.93.2'
const port = 5411
const quietMs = 5000
const folder = mkdtempSync(join(tmpdir(), 'inxt-reload-bench-'))
const file = join(folder, 'zone')

function writeZone(serial: number): void {
  const lines = [`$TTL 300\n@ SOA ns h ${serial} 7200 3600 1209600 300\n@ NS ns\nns A ${address}`]
  for (let i = 0; i < names; i++) lines.push(`n${i} A 10.${(i >>> 16) & 255}.${(i >>> 8) & 255}.${i & 255}`)
  writeFileSync(`${file}.new`, lines.join('\n'))
  renameSync(`${file}.new`, file)
}

const question = encodeMessage({
  ...{ id: 7, flags: 0, questions: [{ name: parseName('example.com'), type: types.SOA, class: 1 }] },
  ...{ answers: [], authorities: [], additionals: [] },
})

/** Asks until `isDone`; the waits in ms, the longest first. */
async function ask(isDone: (serial: number) => boolean): Promise<number[]> {
  const socket = createSocket('udp4')
  socket.connect(port, address)
  await once(socket, 'connect')
  const waits: number[] = []
  for (let serial = 0; !isDone(serial); ) {
    const startedAt = realClock.now()
    socket.send(question)
    const [packet] = (await once(socket, 'message')) as [Uint8Array]
    waits.push(realClock.now() - startedAt)
    const data = decodeMessage(packet).answers[0]?.data
    serial = data?.kind === 'authority' ? data.serial : 0
  }
  socket.close()
  return waits.sort((a, b) => b - a)
}

function residentMib(child: ChildProcess): string {
  const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'latin1'))!
  return `${Math.round(Number(kib) / 1024)} MiB resident`
}

function tell(what: string, waits: readonly number[], child: ChildProcess): void {
  const at = (share: number): string => waits[Math.floor(waits.length * share)]!.toFixed(1)
  const over20 = waits.filter(wait => wait > 20).length
  const figures = `longest ${at(0)} ms, 1 in 1000 above ${at(0.001)} ms, ${over20} above 20 ms`
  console.log(`${what.padEnd(12)} ${waits.length} answers: ${figures}; ${residentMib(child)}`)
}

writeZone(1)
const open = ['--set', 'dns.answersPerS=0', '--set', 'dns.prefixAnswersPerS=0']
const words = [
  'edge',
  '--standalone',
  '--zone',
  `example.com=${file}`,
  '--dns',
  `${address}:${port}`,
  ...open,
]
const door = join(import.meta.dirname, '..', '..', 'cli', 'inxt.mjs')
const child = spawn(process.execPath, [door, ...words], { stdio: ['ignore', 'pipe', 'ignore'] })
try {
  for await (const chunk of child.stdout) if (/^ready/m.test(String(chunk))) break
  const quietUntil = realClock.now() + quietMs
  tell('at rest', await ask(() => realClock.now() > quietUntil), child)
  const startedAt = realClock.now()
  writeZone(2)
  const waits = await ask(serial => serial === 2)
  tell('reloading', waits, child)
  console.log(`the new version was served after ${((realClock.now() - startedAt) / 1000).toFixed(1)} s`)
} finally {
  child.kill()
  rmSync(folder, { recursive: true })
}
