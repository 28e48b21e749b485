// The pages the edge speaks in its own name: what happened, what it means, what to try.
//
// One self-contained document: no script, no image, no request to anywhere, and a policy that holds it to
// that, so a hostile path that is quoted on it stays text. The style is admitted by its hash instead of
// 'unsafe-inline'.

import { createHash } from 'node:crypto'
import { utf8 } from '../base/bytes.ts'
import { bytesResponse, type Field, type IngressResponse } from './message.ts'

export interface PageText {
  readonly status: number
  readonly title: string
  readonly what: string
  readonly meaning: string
  readonly hint: string
}

const style = `
:root{color-scheme:light dark;--paper:#fbfaf7;--ink:#1c2430;--soft:#5b6573;--line:#d9d5cb;--mark:#b3401f}
@media (prefers-color-scheme:dark){:root{--paper:#12161c;--ink:#e9e6df;--soft:#9aa5b3;--line:#2b333e;
--mark:#ff9a73}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:2rem 1.25rem;background:var(--paper);
color:var(--ink);font:1.0625rem/1.6 ui-sans-serif,system-ui,sans-serif}
main{width:100%;max-width:36rem}
svg{display:block;width:9rem;height:auto;margin-bottom:1.5rem}
line{stroke:var(--line);stroke-width:2}circle{fill:var(--paper);stroke:var(--soft);stroke-width:2}
.cut{stroke:var(--mark);stroke-dasharray:3 5}.off{stroke:var(--mark);stroke-dasharray:3 4}
p.status{margin:0;color:var(--mark);font:600 .9rem/1.4 ui-monospace,monospace;letter-spacing:.08em}
h1{margin:.2rem 0 1.4rem;font-size:clamp(1.6rem,5vw,2.2rem);line-height:1.2;
letter-spacing:-.015em;text-wrap:balance}
dl{margin:0;border-top:1px solid var(--line)}
dl div{padding:.85rem 0;border-bottom:1px solid var(--line)}
dt{color:var(--soft);font-size:.85rem}dd{margin:0;overflow-wrap:anywhere}
footer{margin-top:1.4rem;color:var(--soft);font-size:.85rem}
`

/** Four edges; on the page of an error, the way to the last of them is interrupted. */
function drawing(interrupted: boolean): string {
  const [cut, off] = interrupted ? [' class="cut"', ' class="off"'] : ['', '']
  return `<svg viewBox="0 0 144 60" aria-hidden="true"><line x1="14" y1="30" x2="72" y2="12"/>
<line x1="14" y1="30" x2="72" y2="48"/><line x1="72" y1="12" x2="72" y2="48"/>
<line${cut} x1="72" y1="12" x2="130" y2="30"/><line${cut} x1="72" y1="48" x2="130" y2="30"/>
<circle cx="14" cy="30" r="6"/><circle cx="72" cy="12" r="6"/><circle cx="72" cy="48" r="6"/>
<circle${off} cx="130" cy="30" r="6"/></svg>`
}

const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** An HTML answer that is never stored; every text is escaped here, so callers pass what they have. */
export function page(text: PageText, fields: readonly Field[] = []): IngressResponse {
  const head: Field[] = [
    ['Content-Type', 'text/html; charset=utf-8'],
    ['Cache-Control', 'no-store'],
    ['Content-Security-Policy', policy],
    ['X-Content-Type-Options', 'nosniff'],
    ['Referrer-Policy', 'strict-origin-when-cross-origin'],
  ]
  return bytesResponse(text.status, [...head, ...fields], utf8(document(text)))
}

export function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replace(/[&<>"']/g, char => entities[char]!)
}

function document({ status, title, what, meaning, hint }: PageText): string {
  const rows = [
    ['What happened', what],
    ['What it means', meaning],
    ['What to try', hint],
  ]
  const list = rows
    .map(([term, text]) => `<div><dt>${term}</dt><dd>${escapeHtml(text!)}</dd></div>`)
    .join('\n')
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
<main>
${drawing(status >= 400)}
<p class="status">${status}</p>
<h1>${escapeHtml(title)}</h1>
<dl>
${list}
</dl>
<footer>An edge of INXT says this, not the site.</footer>
</main>
</html>
`
}
