// The sites of a chaos run: files from 10 B to 64 MB whose bytes follow from their place, so that whoever reads one
// knows what it must be.

import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { seededRandom } from '../../base/random.ts'

export interface SiteFile {
  /** Without a leading slash. */
  readonly path: string
  readonly bytes: Buffer
}

export interface Site {
  readonly name: string
  readonly files: readonly SiteFile[]
}

const mb = 1_000_000
/** Sizes of the files of each site: one for many small files, two between, one for a large one. */
const shapes: Readonly<Record<string, readonly number[]>> = {
  smalls: Array.from({ length: 200 }, (_, i) => 10 + i * 150),
  pages: [10, 100, 1000, 10_000, 100_000, 300_000, 600_000, mb],
  album: Array.from({ length: 12 }, (_, i) => 200_000 * (i + 1)),
  songs: Array.from({ length: 6 }, () => 4 * mb),
  film: [64 * mb, 2000],
  reel: [24 * mb, 300],
}

/** `share` of every size, for a cut of the run. */
export function makeSites(share: number, names: readonly string[] = Object.keys(shapes)): Site[] {
  return names.map((name, s) => ({
    name,
    files: shapes[name]!.map((size, f) => ({
      path: `${f % 10}/file-${f}.bin`,
      bytes: bytesOf(1000 * s + f, Math.max(10, Math.round(share * size))),
    })),
  }))
}

/** The files of one version of a site: of the same names and sizes in each, and with other bytes. */
export function makeChapter(chapter: number): SiteFile[] {
  return [300, 20_000, 400_000, 3 * mb].map((size, f) => ({
    path: `page-${f}.bin`,
    bytes: bytesOf(1_000_000 + 10 * chapter + f, size),
  }))
}

function bytesOf(seed: number, length: number): Buffer {
  const random = seededRandom(seed)
  const words = new Uint32Array(Math.ceil(length / 4))
  for (let i = 0; i < words.length; i++) words[i] = random.next() * 2 ** 32
  return Buffer.from(words.buffer, 0, length)
}

/** The folder that can be published. */
export async function writeSite(site: Site, parent: string): Promise<string> {
  const folder = join(parent, site.name)
  for (const { path, bytes } of site.files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), bytes)
  }
  return folder
}
