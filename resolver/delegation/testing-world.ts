// A small Internet without sockets, for tests: name servers by address, each our own responder over zones that are
// written in a few lines. A walk is led through it packet by packet.

import { createMeter } from '../../base/meter.ts'
import { seededRandom } from '../../base/random.ts'
import { createResponder, type Respond } from '../responder.ts'
import { classes } from '../wire/code.ts'
import { decodeMessage, encodeMessage, type Message } from '../wire/message.ts'
import { nameText, parseName } from '../wire/name.ts'
import { readZone } from '../zone/master.ts'
import { createZone } from '../zone/snapshot.ts'
import { createCuts } from './cuts.ts'
import { type Finding, lookUp, type Question, rootOf } from './walk.ts'

/** Zone files by apex, by address of the server. */
export type World = Readonly<Record<string, Readonly<Record<string, string>>>>

/** `body` below an SOA; owners are relative to the apex. The zone's own server is `ns` and has the address `at`. */
export function zone(body: string, at = '203.0.113.1'): string {
  return `@ 3600 IN SOA ns hostmaster 1 7200 3600 1209600 300
@ 3600 IN NS ns
ns 3600 IN A ${at}
${body}
`
}

function respondFrom(zones: Readonly<Record<string, string>>): Respond {
  const all = Object.entries(zones).map(([apex, text]) => {
    const name = parseName(apex)
    return createZone(readZone(text, name).records, name)
  })
  return createResponder({
    suffixes: [],
    zones: () => all,
    names: { site: () => undefined, serial: () => 0 },
    places: { near: () => [], servers: () => [] },
    meter: createMeter(),
  })
}

export interface Internet {
  /** The server's packet; undefined where there is none. */
  answer(question: Question): Uint8Array | undefined
  /** Every question so far: `address name type`. */
  readonly asked: string[]
}

export function createInternet(world: World): Internet {
  const servers = new Map(Object.entries(world).map(([address, zones]) => [address, respondFrom(zones)]))
  const asked: string[] = []
  return {
    asked,
    answer({ server, name, type }) {
      asked.push(`${server} ${nameText(name)} ${type}`)
      const questions = [{ name, type, class: classes.IN }]
      const packet = encodeMessage({
        id: 1,
        flags: 0,
        questions,
        answers: [],
        authorities: [],
        additionals: [],
      })
      return servers.get(server)?.(packet, { address: '192.0.2.1', port: 5353 }, 'tcp')
    },
  }
}

export interface Led {
  readonly finding: Finding
  readonly questions: number
}

/** Leads a walk to its end; `answer` may be any server, honest or not. */
export function lead(
  domain: string,
  answer: (question: Question) => Message | undefined,
  options: { roots: readonly string[]; seed?: number; cuts?: ReturnType<typeof createCuts> },
): Led {
  const cuts = options.cuts ?? createCuts(rootOf(options.roots), 100, () => 0)
  const walk = lookUp(parseName(domain), { cuts, random: seededRandom(options.seed ?? 1) })
  let questions = 0
  for (let step = walk.next(); ; step = walk.next(answer(step.value))) {
    if (step.done === true) return { finding: step.value, questions }
    questions++
  }
}

/** An honest server's message. */
export function message(internet: Internet): (question: Question) => Message | undefined {
  return question => {
    const packet = internet.answer(question)
    return packet && decodeMessage(packet)
  }
}
