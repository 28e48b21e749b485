// `inxt publish`: what a person sees of a publication, or one JSON object for a script.

import { sizeText } from '../../base/bytes.ts'
import { readNetwork } from '../network.ts'
import { publishFolder } from '../publish/publish.ts'
import { createTerminal, durationText, quiet } from '../terminal.ts'

interface PublishOptions {
  data: string
  hidden: boolean
  timeout: number
  json: boolean
}

export async function publish(folder: string, name: string, options: PublishOptions): Promise<void> {
  const startedAt = performance.now()
  const network = await readNetwork(options.data)
  const terminal = options.json ? quiet : createTerminal()
  terminal.line()
  const request = { folder, name, network, hidden: options.hidden, deadlineMs: options.timeout * 1000 }
  const done = await publishFolder(request, terminal)
  if (options.json) {
    process.stdout.write(`${JSON.stringify(done, null, 2)}\n`)
    return
  }
  if (done.hiddenLeftOut > 0) {
    const left = done.hiddenLeftOut
    const names =
      left === 1 ? 'one name that begins with a dot was' : `${left} names that begin with a dot were`
    terminal.line()
    terminal.line(`  ${terminal.paint('yellow', 'note')}: ${names} left out (--hidden includes them)`)
  }
  terminal.line()
  terminal.table(
    ['edge', 'resolves after', 'holds'],
    done.edges.map(({ address, resolvedMs }) => [
      address,
      durationText(resolvedMs),
      done.holders.includes(address) ? 'all of it' : '',
    ]),
  )
  const took = durationText(performance.now() - startedAt)
  const served = `live on ${counted(done.edges.length, 'edge')} in ${took}`
  terminal.line()
  terminal.line(`  ${counted(done.files, 'file')}, ${sizeText(done.bytes)}, ${served}`)
  terminal.line(`  root  ${done.root}`)
  for (const url of done.urls) terminal.line(`  ${terminal.paint('cyan', url)}`)
  terminal.line()
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
