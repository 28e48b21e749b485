// Entity tags: how a client says which version it has (RFC 9110 §8.8.3, §13.1).
//
// The tag of a file is its CID, so it is strong by construction: equal tags are equal bytes, on every edge
// and after every restart; site/variants.ts says what a compressed form's is. That is also why there is no
// Last-Modified: a date can only be weaker, and edges would differ.

export interface EntityTag {
  readonly weak: boolean
  /** With its quotes. */
  readonly tag: string
}

export function tagOf(cid: string): string {
  return `"${cid}"`
}

/**
 * '*', a list, or undefined when the value does not follow the grammar and is to be ignored. Never throws.
 */
export function parseTags(value: string): '*' | readonly EntityTag[] | undefined {
  const text = value.trim()
  if (text === '*') return '*'
  const one = /[ \t]*(W\/)?("[\x21\x23-\x7e\x80-\xff]*")[ \t]*(,|$)/y
  const tags: EntityTag[] = []
  while (one.lastIndex < text.length) {
    const match = one.exec(text)
    if (!match) return undefined
    tags.push({ weak: match[1] !== undefined, tag: match[2]! })
    if (one.lastIndex === text.length && match[3] === ',') return undefined
  }
  return tags.length === 0 ? undefined : tags
}

export function formatTags(tags: readonly EntityTag[]): string {
  return tags.map(({ weak, tag }) => `${weak ? 'W/' : ''}${tag}`).join(', ')
}

/** If-None-Match: a copy that the client has will do, be it weak (§13.1.2). */
export function matchesWeakly(value: string, tag: string): boolean {
  const tags = parseTags(value)
  return tags === '*' || tags?.some(one => one.tag === tag) === true
}

/**
 * If-None-Match where several tags stand for one content: which of those in the list the client has, '*' being
 * the present one. Undefined for none.
 */
export function matchingTag(
  value: string,
  present: string,
  isSame: (tag: string) => boolean,
): string | undefined {
  const tags = parseTags(value)
  if (tags === undefined) return undefined
  if (tags === '*' || tags.some(({ tag }) => tag === present)) return present
  return tags.find(({ tag }) => isSame(tag))?.tag
}

/** If-Match: only the same bytes will do (§13.1.1). */
export function matchesStrongly(value: string, tag: string): boolean {
  const tags = parseTags(value)
  return tags === '*' || tags?.some(one => !one.weak && one.tag === tag) === true
}

/** If-Range takes one strong tag; a date never matches, since nothing here has one (§13.1.5). */
export function allowsRange(value: string, tag: string): boolean {
  return value.trim() === tag
}
