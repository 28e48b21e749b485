// Two more sites of the small world: one with rules of its own, and one whose rules are broken.
//
// The compressed forms are made by the real compressors, once; `<hash>` stands for the part of their tags that
// depends on the version of zlib.

import { utf8 } from '../../base/bytes.ts'
import { createMeter } from '../../base/meter.ts'
import { codings } from '../site/coding.ts'
import { createVariantMemory, createVariants, type Variants } from '../site/variants.ts'

export const longText = 'All the world is a stage, and all the men and women merely players. '.repeat(64)

const redirects = `
# moved
/old                 /about
/temporarily         /about 302
/elsewhere/*         https://example.org/:splat?from=inxt 308
/posts/:year/:slug   /articles/:slug/:year 303
/store id=:id        /articles/:id/shop 301
/store               /about 307
/slash/              /slash
/kept                /about?mine=1#part
/host/*              /:splat/x

# instead of a file, and in place of one that is missing
/style.css           /about 302
/secret.txt          /about.html 200!
/app/*               /app/start 200
/lost/*              /no/such/file 200
/gone/*              /gone.html 410
/gone-too            /no/such/file 410
/forbidden           /no/such/file 451
/deep/404/*          /about.html 404
`

const headers = `
/*
  X-Everywhere: yes
  Content-Security-Policy: default-src 'self'
/app/:page
  X-Page: one
  X-Everywhere: twice
  ! Referrer-Policy
/feed
  Content-Type: application/feed+json
/fonts/*
  Access-Control-Allow-Origin: *
  Cache-Control: max-age=60
/*.map
  X-Robots-Tag: noindex
/late/*
  ! Content-Security-Policy
`

export const ruledFiles: Readonly<Record<string, string>> = {
  'ruled/_redirects': redirects,
  'ruled/_headers': headers,
  'ruled/index.html': '<h1>Ruled</h1>',
  'ruled/about.html': '<h1>About</h1>',
  'ruled/style.css': 'b{}',
  'ruled/secret.txt': 'a secret',
  'ruled/app/start.html': '<h1>App</h1>',
  'ruled/app/known.js': 'known',
  'ruled/app/main.3f9a1c2b.js': 'hashed',
  'ruled/app/main.3f9a1c2b.js.map': '{}',
  'ruled/gone.html': '<h1>Gone</h1>',
  'ruled/feed': '{}',
  'ruled/fonts/a.woff2': 'font',
  'ruled/slash': 'no loop',
  'ruled/late/page.html': '<h1>Late</h1>',
  'ruled/404.html': '<h1>Lost by rule</h1>',
  'spoilt/_redirects': '/a /b 999\n/c /index.html 200\n',
  'spoilt/_headers': '/*\n  X-Spoilt: no\n',
  'spoilt/index.html': '<h1>Spoilt</h1>',
}

/** All codings of `cid`, and none of anything else until somebody has asked for it. */
export async function variantsOf(cid: string, text: string): Promise<Variants> {
  const clock = { now: () => 0, after: () => () => {} }
  const onBug = (error: unknown): never => {
    throw error
  }
  const variants = createVariants({
    store: createVariantMemory(1 << 20),
    clock,
    share: 1,
    meter: createMeter(),
    onBug,
  })
  const bytes = utf8(text)
  async function* read(): AsyncGenerator<Uint8Array> {
    yield bytes
  }
  await Promise.all(codings.map(coding => variants.make({ cid, sizeBytes: bytes.length, read }, coding)))
  return variants
}
