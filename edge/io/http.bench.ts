// Answers a second beside nginx and bare node:http, of 10 kB from memory: over HTTP/1.1 on 50 connections by wrk, over
// HTTP/2 on 10 with 10 streams each by h2load.
//
//   npm run bench -- http
//
// Ours is measured twice: a handler with nothing behind the rim, and a whole edge that serves a folder
// (`inxt edge --standalone --site`). A socket that writes one constant for whatever it reads is what Node can do.
// Clients and whoever else works on the machine take their share of the same cores, so what counts are the ratios of a
// run, and those of the processor time that an answer costs its server more than those of answers a second. The
// servers take turns, and of each the best turn is told. What is not installed is named.

import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect, createServer as createSocketServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { delay } from '../../base/io/clock.ts'
import { silentLog } from '../../base/io/log.ts'
import { createMeter } from '../../base/meter.ts'
import { bytesResponse } from '../message.ts'
import { serveHttp } from './server.ts'

const address = '127.0.93.2'
const [turns, spanS] = [3, 3]
const body = Buffer.from('0123456789abcde\n'.repeat(640))
const door = join(import.meta.dirname, '..', '..', 'cli', 'inxt.mjs')

const handlers: Record<string, (port: number) => void> = {
  bare(port) {
    const fields = [
      ['Content-Type', 'text/plain'],
      ['Content-Length', String(body.length)],
    ] as const
    const ingress = () => bytesResponse(200, fields, body)
    void serveHttp({ address, port, ingress, log: silentLog, meter: createMeter() })
  },
  socket(port) {
    const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n`
    const answer = Buffer.concat([Buffer.from(head), body])
    createSocketServer({ noDelay: true }, socket => {
      socket.on('data', () => socket.write(answer)).on('error', () => {})
    }).listen(port, address)
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
  /** Undefined for what does not speak it. */
  readonly http2Port?: number
}

function servers(folder: string): Server[] {
  chmodSync(folder, 0o755) // nginx works as somebody else
  mkdirSync(join(folder, 'site'))
  writeFileSync(join(folder, 'site', 'file.txt'), body)
  const nginx = `daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000000; default_type text/plain; sendfile on; tcp_nopush on;
  open_file_cache max=10; server { listen ${address}:5501; listen ${address}:5506 http2; root ${folder}/site; } }`
  writeFileSync(join(folder, 'nginx.conf'), nginx)
  const edge = ['edge', '--standalone', '--site', join(folder, 'site'), '--http', `${address}:5504`]
  const self = [process.execPath, import.meta.filename] as const
  return [
    {
      name: 'nginx',
      http2Port: 5506,
      port: 5501,
      words: ['nginx', '-e', 'stderr', '-c', join(folder, 'nginx.conf')],
    },
    { name: 'node:http', port: 5502, words: [...self, 'node', '5502'] },
    { name: 'a constant on a socket', port: 5505, words: [...self, 'socket', '5505'] },
    { name: 'ours, a bare handler', http2Port: 5503, port: 5503, words: [...self, 'bare', '5503'] },
    { name: 'ours, a whole edge', http2Port: 5504, port: 5504, words: [process.execPath, door, ...edge] },
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

interface Figures {
  readonly perS: number
  readonly answerUs: number
}

/** USER_HZ, which Linux fixes at 100 for what /proc tells: fields 14 and 15 of proc_pid_stat(5). */
function processorUs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

/** A client and how it says how many answers it got, and how many a second. */
interface Client {
  readonly version: string
  readonly portOf: (server: Server) => number | undefined
  readonly command: string
  readonly words: readonly string[]
  readonly failed: RegExp
  readonly counts: RegExp
}

const clients: readonly Client[] = [
  {
    version: 'HTTP/1.1',
    portOf: ({ port }) => port,
    command: 'wrk',
    words: ['-t1', '-c50', `-d${spanS}s`],
    failed: /Non-2xx|Socket errors/,
    counts: /(?<count>\d+) requests in[\s\S]*Requests\/sec:\s+(?<perS>[\d.]+)/,
  },
  {
    version: 'HTTP/2',
    portOf: ({ http2Port }) => http2Port,
    command: 'h2load',
    words: ['-t1', '-c10', '-m10', `-D${spanS}`],
    failed: / [1-9]\d* (?:failed|errored|timeout)|[1-9]\d* [345]xx/,
    counts: /(?<perS>[\d.]+) req\/s[\s\S]* (?<count>\d+) succeeded/,
  },
]

async function turn(client: Client, server: Server, pid: number): Promise<Figures> {
  const before = processorUs(pid)
  const words = [...client.words, `http://${address}:${client.portOf(server)}/file.txt`]
  const { stdout } = await promisify(execFile)(client.command, words)
  if (client.failed.test(stdout)) throw new Error(`${server.name} does not answer all:\n${stdout}`)
  const { count, perS } = client.counts.exec(stdout)!.groups!
  return { perS: Number(perS), answerUs: (processorUs(pid) - before) / Number(count) }
}

function isInstalled(command: string): boolean {
  return spawnSync('which', [command]).status === 0
}

async function run(folder: string): Promise<void> {
  const present = servers(folder).filter(({ words: [command] }) => isInstalled(command))
  if (present[0]?.name !== 'nginx') console.log('  nginx is not installed (apt: nginx-light)')
  const children = present.map(({ words: [command, ...words] }) => spawn(command, words, { stdio: 'ignore' }))
  const ended = children.map(child => once(child, 'exit'))
  try {
    await Promise.all(present.map((server, i) => whenUp(server, children[i]!)))
    for (const client of clients) {
      console.log(`  ${client.version}, by ${client.command}`)
      if (!isInstalled(client.command)) console.log('  is not installed (apt: wrk, nghttp2-client)')
      else await compare(client, present, children)
    }
  } finally {
    for (const child of children) child.kill('SIGTERM')
    await Promise.all(ended)
  }
}

async function compare(
  client: Client,
  present: readonly Server[],
  children: readonly ChildProcess[],
): Promise<void> {
  const asked = [...present.entries()].filter(([, server]) => client.portOf(server) !== undefined)
  const best = new Map<string, Figures>()
  for (let round = 0; round < turns; round++) {
    for (const [i, server] of asked) {
      const { perS, answerUs } = await turn(client, server, children[i]!.pid!)
      const before = best.get(server.name) ?? { perS: 0, answerUs: Number.POSITIVE_INFINITY }
      best.set(server.name, {
        perS: Math.max(perS, before.perS),
        answerUs: Math.min(answerUs, before.answerUs),
      })
    }
  }
  const [first] = best.values()
  for (const [name, { perS, answerUs }] of best) {
    const beside = `${(perS / first!.perS).toFixed(2)} × and ${(first!.answerUs / answerUs).toFixed(2)} ×`
    console.log(`${perS.toFixed(0).padStart(8)}/s ${answerUs.toFixed(1).padStart(6)} µs  ${beside}  ${name}`)
  }
}

const [handler, port] = process.argv.slice(2)
if (handler !== undefined && port !== undefined) {
  handlers[handler]!(Number(port))
  process.once('SIGTERM', () => process.exit()) // so that --cpu-prof writes what it saw
} else {
  const folder = mkdtempSync(join(tmpdir(), 'inxt-http-bench-'))
  try {
    await run(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
