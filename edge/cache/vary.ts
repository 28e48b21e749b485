// Which of several answers to one address fits a request (RFC 9111 §4.1).
//
// Vary names the fields of the request that the origin looked at. Two requests are alike when those fields say the
// same, which is more than having the same bytes: lists are compared without their spaces, and preferences as what
// they prefer. Each spelling that is recognised is a copy less to hold, and a request less to the origin.

import { type Field, fieldLines, fieldValue } from '../message.ts'

/** Lower-case and sorted; '*' when no other request is ever alike. */
export function varyNames(fields: readonly Field[]): readonly string[] | '*' {
  const names = (fieldValue(fields, 'vary') ?? '')
    .split(',')
    .map(name => name.trim().toLowerCase())
    .filter(name => name !== '')
  return names.includes('*') ? '*' : [...new Set(names)].sort()
}

/** What a request says in these fields, as one text; equal texts mean the same. */
export function variantOf(names: readonly string[], request: readonly Field[]): string {
  return names.map(name => `${name}:${normalised(name, fieldValue(request, name))}`).join('\n')
}

/** Whether an answer with these fields, made for `variant`, answers the request. */
export function fits(
  response: readonly Field[],
  variant: string,
  names: readonly string[],
  request: readonly Field[],
): boolean {
  if (variantOf(names, request) === variant) return true
  if (!names.includes('accept-language')) return false
  const others = names.filter(name => name !== 'accept-language')
  const rest = variant.split('\n').filter(line => !line.startsWith('accept-language:'))
  return variantOf(others, request) === rest.join('\n') && speaksFavourite(response, request)
}

/** An answer in the very language that is wanted most is what the origin would choose again. */
function speaksFavourite(response: readonly Field[], request: readonly Field[]): boolean {
  const languages = fieldLines(response, 'content-language')
  const favourites = preferences(fieldValue(request, 'accept-language') ?? '')
  if (languages.length !== 1 || favourites.length === 0) return false
  const [first, second] = favourites
  const clear = second === undefined || second.quality < first!.quality
  return clear && first!.what === languages[0]!.trim().toLowerCase()
}

function normalised(name: string, value: string | undefined): string {
  if (value === undefined) return '-'
  if (!/^accept(-language|-encoding|-charset)?$/.test(name)) return `=${members(value).join(',')}`
  return `=${preferences(value)
    .map(({ what, quality }) => `${what};q=${quality}`)
    .join(',')}`
}

interface Preference {
  readonly what: string
  readonly quality: number
}

/** Most wanted first, equals in the order of the alphabet (RFC 9110 §12.4.2). */
function preferences(value: string): Preference[] {
  return members(value)
    .map(member => {
      const weight = member.lastIndexOf(';')
      const quality =
        weight === -1 ? undefined : /^[ \t]*q=([01](?:\.\d{0,3})?)$/i.exec(member.slice(weight + 1))
      const what = quality ? member.slice(0, weight) : member
      return { what: what.toLowerCase().replace(/[ \t]+/g, ''), quality: Number(quality?.[1] ?? 1) }
    })
    .sort((a, b) => b.quality - a.quality || (a.what < b.what ? -1 : 1))
}

/** Of a comma-separated list, without the spaces around and without empty ones; strings stay whole. */
function members(value: string): string[] {
  const parts = value.match(/(?:[^",]|"(?:[^"\\]|\\.)*"?)+/g) ?? []
  return parts.map(part => part.trim()).filter(part => part !== '')
}
