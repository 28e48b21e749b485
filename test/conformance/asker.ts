// Asks one server many questions over one TCP connection and prints the answers, for a test that cannot be where the
// server is: a process in the lab's namespace.
//
// Arguments: the server's address, and a file with one query a line in hexadecimal. Output: the answers alike, in the
// order of their ids. TCP, so that every answer comes whole.

import { readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { fromHex, toHex } from '../../base/bytes.ts'
import { createFramer, frame } from '../../resolver/wire/frame.ts'

const [host, file] = process.argv.slice(2)
const queries = readFileSync(file!, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map(line => fromHex(line)!)
const socket = createConnection({ host: host!, port: 53, noDelay: true })
socket.setTimeout(5000, () => socket.destroy(new Error(`${host} fell silent`)))
const framer = createFramer()
const answers = new Map<number, string>()
// A few at a time: a server may bound how many wait.
const windowSize = 16
let next = 0
const send = (): void => {
  while (next < queries.length && next - answers.size < windowSize) socket.write(frame(queries[next++]!))
}
send()
for await (const chunk of socket) {
  framer.push(chunk)
  for (let answer = framer.next(); answer !== undefined; answer = framer.next()) {
    answers.set((answer[0]! << 8) | answer[1]!, toHex(answer))
  }
  if (answers.size === queries.length) break
  send()
}
const ids = [...answers.keys()].sort((a, b) => a - b)
process.stdout.write(ids.map(id => `${answers.get(id)}\n`).join(''))
