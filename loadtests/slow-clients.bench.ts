// What slow readers cost an edge: its resident memory while a thousand clients crawl through a gigabyte.
//
//     npm run bench -- slow-clients [--json]
//
// A devnet of two edges publishes two sites of one file of 500 MB each, since one site of a devnet may have 512 MiB.
// Half of the clients begin at the first byte, the others all over the files, so that nearly every one of these is at
// a block of its own. Each takes 16 KiB a second, which is a block of 256 KiB in sixteen seconds.

import { spawn } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { delay, realClock } from '../base/io/clock.ts'
import { type Devnet, door, onDevnet } from './devnet.ts'

const clients = 1000
const names = ['first', 'second']
const fileBytes = 500_000_000
const bytesPerS = 16 * 1024
const spanMs = 40_000
const mib = 1024 * 1024

const isJson = process.argv.includes('--json')

function residentMib(pid: number): number {
  const kib = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  return Math.round(kib / 1024)
}

async function publish(folder: string, name: string): Promise<void> {
  const site = join(folder, 'sites', name)
  mkdirSync(site, { recursive: true })
  const file = await open(join(site, 'big.bin'), 'w')
  const part = Buffer.alloc(mib)
  for (let written = 0; written < fileBytes; written += part.length) {
    await file.write(randomFillSync(part).subarray(0, Math.min(part.length, fileBytes - written)))
  }
  await file.close()
  const words = [door, 'publish', site, name, '--data', folder, '--timeout', '240']
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`publishing ${name} ended with ${code}`)
}

type Client = { readonly socket: Socket; receivedBytes: number; isOver: boolean }

function crawl(edge: { address: string; httpPort: number }, i: number): Client {
  const half = clients / 2
  const start = i < half ? 0 : Math.floor(((i - half) / half) * fileBytes)
  const host = `${names[i % names.length]}.inxt`
  const socket = connect(edge.httpPort, edge.address)
  const client = { socket, receivedBytes: 0, isOver: false }
  socket.write(`GET /big.bin HTTP/1.1\r\nHost: ${host}\r\nRange: bytes=${start}-\r\n\r\n`)
  const startedAt = performance.now()
  socket.on('data', part => {
    client.receivedBytes += part.length
    socket.pause()
    const dueMs = (1000 * client.receivedBytes) / bytesPerS - (performance.now() - startedAt)
    realClock.after(dueMs, () => socket.resume())
  })
  const end = (): void => {
    client.isOver = true
  }
  socket.on('error', end).on('close', end)
  return client
}

async function measure({ folder, edges }: Devnet): Promise<void> {
  for (const name of names) await publish(folder, name)
  const edge = edges[0]!
  const idle = residentMib(edge.pid)
  const all = Array.from({ length: clients }, (_, i) => crawl(edge, i))
  const seen: number[] = []
  for (let ms = 0; ms < spanMs; ms += 1000) {
    await delay(1000)
    seen.push(residentMib(edge.pid))
  }
  const cut = all.filter(({ isOver }) => isOver).length
  const receivedMib = Math.round(all.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0) / mib)
  for (const { socket } of all) socket.destroy()
  const figures = {
    clients,
    cut,
    receivedMib,
    idleMib: idle,
    mostMib: Math.max(...seen),
    lastMib: seen.at(-1),
  }
  if (isJson) return console.log(JSON.stringify(figures))
  const { mostMib, lastMib } = figures
  console.log(`  ${clients} clients took ${receivedMib} MiB in ${spanMs / 1000} s, ${cut} were cut off`)
  console.log(`  resident: ${idle} MiB before, ${mostMib} at most, ${lastMib} at the end`)
}

const ports = ['--dns-port', '5391', '--http-port', '8091', '--overlay-port', '4092', '--chain-port', '8591']
await onDevnet(['--edges', '2', '--network', '78', ...ports], measure)
