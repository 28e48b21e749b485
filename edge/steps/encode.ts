// In which form is the file sent: as it is, or compressed (RFC 9110 §8.4, §12.5.3)?
//
// What is there already goes out; what is not is wished for, and this visitor gets the file as it is. Only who
// refuses that waits. A part of a file is a part of the file itself, so that it fits what others cut from it,
// unless If-Range names the form that the client has begun with.

import { exactly } from '../body.ts'
import { type Answer, fieldLines, fieldValue, type IngressResponse } from '../message.ts'
import { page } from '../page.ts'
import type { Content } from '../questions.ts'
import { acceptedCodings, type Coding, isCompressible } from '../site/coding.ts'
import { codingOfTag, type Original, type Variants } from '../site/variants.ts'
import { type ChosenFile, type IngressStep, known, type Visit } from '../visit.ts'

export function encode(content: Pick<Content, 'read'>, variants: Variants | undefined): IngressStep {
  return (visit, next) => {
    const onward = (file: ChosenFile | undefined): Answer =>
      file === undefined ? notAcceptable() : next({ ...visit, file })
    const chosen = choose(content, variants, visit)
    return chosen instanceof Promise ? chosen.then(onward) : onward(chosen)
  }
}

/** Undefined when the client takes no form that there is. */
function choose(
  content: Pick<Content, 'read'>,
  variants: Variants | undefined,
  visit: Visit,
): ChosenFile | undefined | Promise<ChosenFile | undefined> {
  const file = known(visit, 'file')
  const accepted = acceptedCodings(fieldValue(visit.request.fields, 'accept-encoding'))
  const isWorthIt = variants !== undefined && isCompressible(file.mediaType, file.sizeBytes)
  if (!isWorthIt && accepted.includes('identity')) return file
  if (variants === undefined) return undefined
  const negotiated = { ...file, accepted }
  const original = originalOf(content, visit, file)
  let isWanted = false
  for (const coding of begunWith(visit, file, accepted)) {
    if (coding === 'identity') return negotiated
    const variant = variants.get(file.cid, coding)
    if (typeof variant === 'object') return withVariant(negotiated, coding, variant)
    if (variant === undefined && isWorthIt && !isWanted) {
      variants.want(original, coding)
      isWanted = true
    }
  }
  const [first] = accepted
  if (first === undefined || first === 'identity') return undefined
  return variants
    .make(original, first)
    .then(made => (made === undefined ? undefined : withVariant(negotiated, first, made)))
}

function withVariant(
  file: ChosenFile,
  coding: Coding,
  variant: { readonly tag: string; readonly bytes: Uint8Array },
): ChosenFile {
  return { ...file, sizeBytes: variant.bytes.length, variant: { coding, ...variant } }
}

/** The codings in the order to try them. */
function begunWith(
  { request: { fields } }: Visit,
  { cid }: ChosenFile,
  accepted: readonly (Coding | 'identity')[],
): readonly (Coding | 'identity')[] {
  if (fieldLines(fields, 'range').length === 0) return accepted
  const begun = codingOfTag(fieldValue(fields, 'if-range')?.trim() ?? '', cid) ?? 'identity'
  return accepted.includes(begun) ? [begun, ...accepted] : accepted
}

/** What is read for a variant is read for all who come later, so it does not end when this client goes. */
function originalOf(content: Pick<Content, 'read'>, visit: Visit, { cid, sizeBytes }: ChosenFile): Original {
  const { root } = known(visit, 'site')
  const read = (): AsyncIterable<Uint8Array> =>
    exactly(content.read(root, cid, { start: 0, end: sizeBytes }, new AbortController().signal), sizeBytes)
  return { cid, sizeBytes, read }
}

function notAcceptable(): IngressResponse {
  const text = {
    status: 406,
    title: 'Not in a form that you accept',
    what: 'The request refuses the file as it is, and takes no coding that it can be had in.',
    meaning:
      'The edge sends files as they are, or compressed with br, zstd or gzip where that makes them smaller.',
    hint: 'Leave "identity;q=0" out of Accept-Encoding.',
  }
  return page(text, [['Vary', 'Accept-Encoding']])
}
