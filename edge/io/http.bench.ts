// Answers a second over HTTP/1.1 beside nginx and bare node:http: 10 kB from memory, 50 connections kept, asked by wrk.
//
//   npm run bench -- http
//
// Ours is measured twice: a handler with nothing behind the rim, and a whole edge that serves a folder
// (`inxt edge --standalone --site`). wrk takes its share of the same cores, so what counts are the ratios of one run;
// the servers take turns, and of each the median turn is told. What is not installed is named and left out.

import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { delay } from '../../base/io/clock.ts'
import { silentLog } from '../../base/io/log.ts'
import { createMeter } from '../../base/meter.ts'
import { bytesResponse } from '../message.ts'
import { serveHttp } from './server.ts'

const address = '127.0.93.2'
const [turns, spanS, connections] = [3, 3, 50]
const body = Buffer.from('0123456789abcde\n'.repeat(640))
const door = join(import.meta.dirname, '..', '..', 'cli', 'inxt.mjs')

const handlers: Record<string, (port: number) => void> = {
  bare(port) {
    const fields = [
      ['Content-Type', 'text/plain'],
      ['Content-Length', String(body.length)],
    ] as const
    const open = { requestsPerClientPerS: 1_000_000, requestsPerClientBurst: 1_000_000 }
    const ingress = () => bytesResponse(200, fields, body)
    void serveHttp({ address, port, ingress, log: silentLog, meter: createMeter(), limits: open })
  },
  node(port) {
    const fields = { 'Content-Type': 'text/plain', 'Content-Length': body.length }
    createServer((_, response) => response.writeHead(200, fields).end(body)).listen(port, address)
  },
}

interface Server {
  readonly name: string
  readonly port: number
  readonly words: readonly [string, ...string[]]
}

function servers(folder: string): Server[] {
  chmodSync(folder, 0o755) // nginx works as somebody else
  mkdirSync(join(folder, 'site'))
  writeFileSync(join(folder, 'site', 'file.txt'), body)
  const nginx = `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000000; default_type text/plain; sendfile on; tcp_nopush on;
  open_file_cache max=10; server { listen ${address}:5501; root ${folder}/site; } }`
  writeFileSync(join(folder, 'nginx.conf'), nginx)
  const open = ['--set', 'http.requestsPerClientPerS=1000000']
  const edge = ['edge', '--standalone', '--site', join(folder, 'site'), '--http', `${address}:5504`, ...open]
  const self = [process.execPath, import.meta.filename] as const
  return [
    { name: 'nginx', port: 5501, words: ['nginx', '-e', 'stderr', '-c', join(folder, 'nginx.conf')] },
    { name: 'node:http', port: 5502, words: [...self, 'node', '5502'] },
    { name: 'ours, a bare handler', port: 5503, words: [...self, 'bare', '5503'] },
    { name: 'ours, a whole edge', port: 5504, words: [process.execPath, door, ...edge] },
  ]
}

async function whenUp({ name, port }: Server, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (child.exitCode !== null) break
    const socket = connect(port, address)
    const isUp = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isUp) return
    await delay(100)
  }
  throw new Error(`${name} does not answer`)
}

async function turn({ name, port }: Server): Promise<number> {
  const words = ['-t1', `-c${connections}`, `-d${spanS}s`, `http://${address}:${port}/file.txt`]
  const { stdout } = await promisify(execFile)('wrk', words)
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`${name} does not answer all:\n${stdout}`)
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1])
}

function isInstalled(command: string): boolean {
  return spawnSync('which', [command]).status === 0
}

async function run(folder: string): Promise<void> {
  if (!isInstalled('wrk')) return console.log('  wrk is not installed (apt: wrk)')
  const present = servers(folder).filter(({ words: [command] }) => isInstalled(command))
  if (present[0]?.name !== 'nginx') console.log('  nginx is not installed (apt: nginx-light)')
  const children = present.map(({ words: [command, ...words] }) => spawn(command, words, { stdio: 'ignore' }))
  const ended = children.map(child => once(child, 'exit'))
  try {
    await Promise.all(present.map((server, i) => whenUp(server, children[i]!)))
    const figures: number[][] = present.map(() => [])
    for (let round = 0; round < turns; round++)
      for (const [i, server] of present.entries()) figures[i]!.push(await turn(server))
    const medians = figures.map(all => all.sort((a, b) => a - b)[turns >> 1]!)
    for (const [i, { name }] of present.entries()) {
      const beside = (medians[i]! / medians[0]!).toFixed(2)
      console.log(`${medians[i]!.toFixed(0).padStart(8)} answers/s  ${beside} × ${present[0]!.name}  ${name}`)
    }
  } finally {
    for (const child of children) child.kill('SIGTERM')
    await Promise.all(ended)
  }
}

const [handler, port] = process.argv.slice(2)
if (handler !== undefined && port !== undefined) handlers[handler]!(Number(port))
else {
  const folder = mkdtempSync(join(tmpdir(), 'inxt-http-bench-'))
  try {
    await run(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
