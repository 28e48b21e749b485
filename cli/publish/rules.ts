// The last look at a site's rules before anything is hashed: a mistake is the publisher's to see, not the visitor's.
//
// The files are read as an edge will read them, and redirects are followed through the folder, so that circles and
// rewrites to nothing are found as well. All complaints come at once, each with file and line.

import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '../../base/fault.ts'
import { unreadable } from '../../base/io/file.ts'
import { findCircles } from '../../edge/site/circles.ts'
import { type RuleComplaint, readRules, ruleFiles, type SiteRules } from '../../edge/site/rules.ts'

const shownMax = 100

/**
 * `files` are the paths that will be published, joined by '/'. Undefined for a site without rules. Throws Fault
 * config/invalid with a line `FILE:LINE: WHAT` for each error, config/unreadable.
 */
export async function checkRules(folder: string, files: ReadonlySet<string>): Promise<SiteRules | undefined> {
  const found = await Promise.all(
    ruleFiles.map(async name => [name, await contentOf(join(folder, name))] as const),
  )
  const given = found.filter(([, bytes]) => bytes !== undefined)
  if (given.length === 0) return undefined
  const { rules, complaints } = readRules(Object.fromEntries(given))
  const circles = findCircles(rules.redirects, segments => isServed(files, segments.join('/')))
  const all: RuleComplaint[] = [
    ...complaints,
    ...circles.map(one => ({ file: '_redirects' as const, ...one })),
  ]
  if (all.length > 0)
    throw new Fault('config/invalid', all.slice(0, shownMax).map(lineOf).concat(more(all)).join('\n'))
  return rules
}

/** As for a step of the publication: what will apply, and which other hosts will hear of visitors. */
export function rulesText({ redirects, headers }: SiteRules): string {
  const parts = [
    [redirects.rules.length, 'rule in _redirects', 'rules in _redirects'],
    [headers.blocks, 'path in _headers', 'paths in _headers'],
  ] as const
  const counts = parts
    .filter(([count]) => count > 0)
    .map(([count, one, many]) => `${count} ${count === 1 ? one : many}`)
  const origins = redirects.origins.length === 0 ? [] : [`answers from ${redirects.origins.join(', ')}`]
  return [...counts, ...origins].join(', ')
}

/** Undefined when there is none; a symlink stays one in the site, and is not followed there either. */
async function contentOf(path: string): Promise<Uint8Array | undefined> {
  const stats = await lstat(path).catch(() => undefined)
  if (stats?.isFile() !== true) return undefined
  return readFile(path).catch(cause => {
    throw unreadable(path, cause)
  })
}

function isServed(files: ReadonlySet<string>, path: string): boolean {
  const names = path === '' ? ['index.html'] : [path, `${path}.html`, `${path}/index.html`]
  return names.some(name => files.has(name))
}

function lineOf({ file, line, what }: RuleComplaint): string {
  return line === 0 ? `${file}: ${what}` : `${file}:${line}: ${what}`
}

function more(all: readonly unknown[]): string[] {
  return all.length > shownMax ? [`and ${all.length - shownMax} more`] : []
}
