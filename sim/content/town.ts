// An edge with an empty store, and holders of all kinds around it, on a virtual network.
//
// A holder has a round trip, a rate at which its line carries one answer after another, and a character. A connection
// costs a round trip unless it is warm. Blocks are real, and so is everything between the question and the bytes:
// pursuit, standing, heads, verification, store.

import type { CID } from 'multiformats/cid'
import { Fault } from '../../base/fault.ts'
import { createMeter, type Meter } from '../../base/meter.ts'
import { type Blocks, createBlocks } from '../../content/blocks.ts'
import { exportCar } from '../../content/dag-export.ts'
import type { CarWish, Gateway, Lie, Wish } from '../../content/fetch.ts'
import type { Holder } from '../../content/holders.ts'
import { parseCid } from '../../content/identifier.ts'
import { createMemoryStore } from '../../content/memory.ts'
import { type GetOnWay, resolvePath } from '../../content/path.ts'
import { readFile } from '../../content/reader.ts'
import type { Specimen } from '../../content/specimen.ts'
import type { VirtualClock } from './virtual.ts'

export const characters = ['honest', 'silent', 'refusing', 'lacking', 'lying', 'dying', 'trickling'] as const
export type Character = (typeof characters)[number]

export type Villager = {
  readonly id: string
  readonly rttMs: number
  /** 1,250 are 10 Mbit/s. */
  readonly bytesPerMs: number
  readonly isWarm: boolean
  /** May change while the story goes on. */
  character: Character
}

export type TownOptions = {
  readonly clock: VirtualClock
  readonly site: Specimen
  readonly villagers: readonly Villager[]
  /** Of the question who holds the site. */
  readonly lookUpMs: number
  readonly speaksCar: boolean
}

export type Town = {
  readonly blocks: Blocks
  readonly meter: Meter
  readonly lies: readonly Lie[]
  /** Questions to holders so far. */
  asks(): number
  /** The file at a path of the site, from its first byte; the first piece comes when it is there. */
  read(path: string): AsyncGenerator<Uint8Array>
}

/** As an edge has it by default: `content.fetchTimeoutMs`. */
const idleMs = 10_000
const pieceBytes = 16 * 1024
/** The questions themselves are small. */
const trickleBytesPerMs = 1

export function createTown(options: TownOptions): Town {
  const { clock, site, villagers } = options
  const meter = createMeter()
  const lies: Lie[] = []
  const found: Holder[] = villagers.map(({ id, rttMs }) => ({ id, host: '192.0.2.1', port: 80, rttMs }))
  const blocks = createBlocks({
    holders: {
      async find() {
        await clock.wait(options.lookUpMs)
        return found
      },
    },
    ...{ clock, meter, gateway: gatewayOf(options, count => meter.count('asks', count)) },
    ...{ store: createMemoryStore({ bytesMax: 1e9 }), memoryBytesMax: 64 * 1024 * 1024 },
    ...{ askedMax: 3, hedgeMs: 400, patienceMs: idleMs, roundsMax: 3, pauseMs: 200, askedPerHolderMax: 8 },
    ...{ freshMs: 2000, coldBelow: 1, lieOutMs: 600_000 },
    onLie: lie => lies.push(lie),
  })
  return {
    ...{ blocks, meter, lies },
    asks: () => meter.read()['asks'] ?? 0,
    async *read(path) {
      const get: GetOnWay = (cid, rest) =>
        blocks.get(cid, { root: site.root, ...(rest !== undefined && { way: { path, rest } }) })
      const file = await resolvePath(get, site.root, path)
      if (file.kind !== 'file') throw new Error(`${path} is no file`)
      const inSite = (cid: CID, signal: AbortSignal) => blocks.get(cid, { root: site.root, signal })
      yield* readFile({ get: inSite, cid: file.cid, now: clock.now })
    },
  }
}

function gatewayOf({ clock, site, villagers, speaksCar }: TownOptions, count: (by: number) => void): Gateway {
  const lines = new Map(
    villagers.map(villager => [villager.id, { villager, busyUntil: 0, isOpen: villager.isWarm }]),
  )

  /** Until the holder has understood what is wanted, whose answer is then under way. */
  const knock = async (id: string, signal: AbortSignal) => {
    const line = lines.get(id)!
    const { rttMs } = line.villager
    count(1)
    await clock.wait(line.isOpen ? rttMs : 2 * rttMs, signal)
    line.isOpen = true
    const { character } = line.villager
    if (character === 'refusing') throw new Fault('net/unreachable', 'refused')
    if (character === 'lacking') throw new Fault('content/missing', 'lacking')
    if (character === 'silent') {
      await clock.wait(idleMs, signal)
      throw new Fault('net/unreachable', 'silence')
    }
    return { line, character }
  }
  const carry = async (
    { line, character }: Awaited<ReturnType<typeof knock>>,
    bytes: number,
    signal: AbortSignal,
  ) => {
    const rate = character === 'trickling' ? trickleBytesPerMs : line.villager.bytesPerMs
    line.busyUntil = Math.max(clock.now(), line.busyUntil) + bytes / rate
    await clock.wait(line.busyUntil - clock.now(), signal)
  }

  return {
    async get({ id }: Holder, { cid, signal }: Wish) {
      const answer = await knock(id, signal)
      const bytes = await site.get(cid)
      const isDying = answer.character === 'dying'
      await carry(answer, isDying ? bytes.length / 2 : bytes.length, signal)
      if (isDying) throw new Fault('net/unreachable', 'broke off')
      if (answer.character !== 'lying') return bytes
      return bytes.map((byte, i) => (i === bytes.length >> 1 ? byte ^ 1 : byte))
    },
    ...(speaksCar && {
      async *car({ id }: Holder, { target, signal }: CarWish) {
        const answer = await knock(id, signal)
        const { pathname, searchParams } = new URL(target, 'http://holder')
        const [root = '', ...segments] = pathname.split('/').slice(2).map(decodeURIComponent)
        const last = Number(searchParams.get('entity-bytes')?.split(':')[1])
        const selection = {
          root: parseCid(root),
          path: segments.join('/'),
          scope: 'entity',
          duplicates: false,
        } as const
        let sent = 0
        for await (const part of exportCar(site.get, { ...selection, bytes: { first: 0, last } })) {
          for (let at = 0; at < part.length; at += pieceBytes) {
            const piece = part.slice(at, at + pieceBytes)
            await carry(answer, piece.length, signal)
            sent += piece.length
            if (answer.character === 'dying' && sent > pieceBytes)
              throw new Fault('net/unreachable', 'broke off')
            if (answer.character === 'lying') piece[piece.length >> 1]! ^= 1
            yield piece
          }
        }
      },
    }),
  }
}

/** For messages of failed checks. */
export function describeTown({ villagers }: Pick<TownOptions, 'villagers'>): string {
  return villagers.map(({ id, character, rttMs }) => `${id} ${character} ${Math.round(rttMs)} ms`).join(', ')
}
