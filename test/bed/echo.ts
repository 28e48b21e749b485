// Two plain processes for the test bed: `echo.ts serve ADDRESS` sends back what comes over UDP and TCP;
// `echo.ts ask ADDRESS COUNT` asks it so often over each and prints `{ udpMs, tcpMs, lostShare }`, the least
// of each: the rest is waiting for a core. What they measure is the bed itself, without anything of INXT.

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { delay } from '../../base/io/clock.ts'

const port = 7007
/** Longer than any round trip of a matrix. */
const patienceMs = 1000
const [role, address, count] = process.argv.slice(2)

async function serve(host: string): Promise<void> {
  const udp = createSocket('udp4')
  udp.on('message', (bytes, from) => udp.send(bytes, from.port, from.address))
  udp.bind(port, host)
  const tcp = createServer({ noDelay: true }, socket => socket.on('error', () => {}).pipe(socket))
  tcp.listen(port, host)
  await Promise.all([once(udp, 'listening'), once(tcp, 'listening')])
  console.log('ready')
}

function least(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.min(...values)
}

/** All at once, a few a millisecond, so that a hundred questions take as long as one. */
async function askUdp(host: string, count: number): Promise<{ udpMs: number | null; lostShare: number }> {
  const udp = createSocket('udp4')
  const rtts: number[] = []
  const sentAt = new Map<number, number>()
  udp.on('message', bytes => rtts.push(performance.now() - sentAt.get(bytes.readUInt32BE())!))
  for (let i = 0; i < count; i++) {
    const bytes = Buffer.alloc(100)
    bytes.writeUInt32BE(i)
    sentAt.set(i, performance.now())
    udp.send(bytes, port, host)
    if (i % 4 === 3) await delay(1)
  }
  await delay(patienceMs)
  udp.close()
  return { udpMs: least(rtts), lostShare: 1 - rtts.length / count }
}

/** One after the other on one connection; null when it cannot be made. */
async function askTcp(host: string, count: number): Promise<number | null> {
  const socket = connect({ host, port, noDelay: true })
  const isOpen = await Promise.race([
    once(socket, 'connect').then(
      () => true,
      () => false,
    ),
    delay(patienceMs).then(() => false),
  ])
  const rtts: number[] = []
  for (let i = 0; isOpen && i < count; i++) {
    const askedAt = performance.now()
    socket.write('echo')
    await once(socket, 'data')
    rtts.push(performance.now() - askedAt)
  }
  socket.destroy()
  return least(rtts)
}

if (role === 'serve') await serve(address!)
else {
  const udp = await askUdp(address!, Number(count))
  console.log(JSON.stringify({ ...udp, tcpMs: await askTcp(address!, 5) }))
}
