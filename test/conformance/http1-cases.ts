// Requests of HTTP/1.1 as octets, right and wrong, and the statuses that answer them: RFC 9112 and the published ways
// to smuggle one request inside another.
//
// Each mutation carries `GET /smuggled` where a parser that reads it in another way than ours would find a request.
// A refusal is one answer and the end of the connection; /smuggled is never asked for.

export type Case = readonly [title: string, text: string, ...statuses: number[]]

const crlf = '\r\n'
const host = 'Host: welcome.inxt'
export const hidden = ['GET /smuggled HTTP/1.1', host, '', ''].join(crlf)

export function request(line: string, ...fields: string[]): string {
  return [line, ...fields, '', ''].join(crlf)
}

const get = (...fields: string[]): string => request('GET / HTTP/1.1', host, ...fields)
const post = (...fields: string[]): string => request('POST /echo HTTP/1.1', host, ...fields)
const last = 'Connection: close'
const lengthOfHidden = `Content-Length: ${hidden.length}`

const taken: Case[] = [
  ['GET', get(last), 200],
  ['HTTP/1.0', request('GET / HTTP/1.0', host), 200],
  ['HTTP/1.0 kept alive', request('GET / HTTP/1.0', host, 'Connection: keep-alive') + get(last), 200, 200],
  ['HTTP/1.0 without being kept alive', request('GET / HTTP/1.0', host) + hidden, 200],
  ['HEAD', request('HEAD / HTTP/1.1', host, last), 200],
  ['pipelined', get() + get() + get(last), 200, 200, 200],
  ['an empty line before a request (RFC 9112 §2.2)', `${get()}\r\n${get(last)}`, 200, 200],
  ['no space behind the colon', request('GET / HTTP/1.1', 'Host:welcome.inxt', last), 200],
  ['spaces and tabs around a value', get('X: \t a b \t', last), 200],
  ['an empty value', get('X:', last), 200],
  ['octets past ASCII in a value', get('X: \xe4\xff', last), 200],
  ['absolute form (§3.2.2)', request('GET http://welcome.inxt/ HTTP/1.1', host, last), 200],
  [
    'absolute form wins over Host',
    request('GET http://welcome.inxt/ HTTP/1.1', 'Host: other.example', last),
    200,
  ],
  ['absolute form in capitals', request('GET HTTP://WELCOME.inxt/ HTTP/1.1', host, last), 200],
  ['OPTIONS *', request('OPTIONS * HTTP/1.1', host, last), 204],
  ['a body by length', `${post('Content-Length: 5', last)}hello`, 200],
  ['a body of nothing', post('Content-Length: 0', last), 200],
  ['a body behind which a request stands', `${post('Content-Length: 5')}hello${get(last)}`, 200, 200],
  ['a body that is a request', post(lengthOfHidden) + hidden + get(last), 200, 200],
  ['chunks', `${post('Transfer-Encoding: chunked', last)}5\r\nhello\r\n0\r\n\r\n`, 200],
  ['chunks, in capitals', `${post('Transfer-Encoding: CHUNKED', last)}5\r\nhello\r\n0\r\n\r\n`, 200],
  [
    'chunk sizes with zeros in front',
    `${post('Transfer-Encoding: chunked', last)}0005\r\nhello\r\n000\r\n\r\n`,
    200,
  ],
  [
    'chunk sizes in both cases',
    `${post('Transfer-Encoding: chunked', last)}a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n`,
    200,
  ],
  [
    'chunk extensions',
    `${post('Transfer-Encoding: chunked', last)}5;a=b;c;d="e;f"\r\nhello\r\n0;end\r\n\r\n`,
    200,
  ],
  [
    'trailers',
    `${post('Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n${get(last)}`,
    200,
    200,
  ],
  [
    'chunks that are a request',
    `${post('Transfer-Encoding: chunked')}${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n${get(last)}`,
    200,
    200,
  ],
  ['Expect: 100-continue, sent along', `${post('Expect: 100-continue', 'Content-Length: 2', last)}hi`, 200],
  ['Expect in capitals', `${post('Expect: 100-Continue', 'Content-Length: 2', last)}hi`, 200],
  [
    'Expect of HTTP/1.0 is ignored',
    `${request('POST /echo HTTP/1.0', host, 'Expect: 100-continue', 'Content-Length: 2')}hi`,
    200,
  ],
  [
    'Upgrade that nobody wants is ignored',
    get('Connection: Upgrade, close', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'),
    200,
  ],
  ['close among other options', `${get('Connection: foo, Close')}${hidden}`, 200],
  ['a port in Host', request('GET / HTTP/1.1', 'Host: welcome.inxt:8080', last), 200],
]

const lines: Case[] = [
  ['two spaces behind the method', request('GET  / HTTP/1.1', host), 400],
  ['two spaces before the version', request('GET /  HTTP/1.1', host), 400],
  ['a tab behind the method', request('GET\t/ HTTP/1.1', host), 400],
  ['a space before the method', request(' GET / HTTP/1.1', host), 400],
  ['a space behind the version', request('GET / HTTP/1.1 ', host), 400],
  ['no version (HTTP/0.9)', `GET /\r\n\r\n`, 400],
  ['no target', request('GET HTTP/1.1', host), 400],
  ['a space in the target', request('GET /a b HTTP/1.1', host), 400],
  ['a tab in the target', request('GET /a\tb HTTP/1.1', host), 400],
  ['NUL in the target', request('GET /a\0b HTTP/1.1', host), 400],
  ['octets past ASCII in the target', request('GET /\xe4 HTTP/1.1', host), 400],
  ['a fragment in the target', request('GET /#a HTTP/1.1', host), 400],
  ['a target that is no path', request('GET style.css HTTP/1.1', host), 400],
  ['an asterisk with GET', request('GET * HTTP/1.1', host), 400],
  ['authority form with GET', request('GET welcome.inxt:80 HTTP/1.1', host), 400],
  ['absolute form with user information', request('GET http://a@welcome.inxt/ HTTP/1.1', host), 400],
  ['absolute form of another scheme', request('GET ftp://welcome.inxt/ HTTP/1.1', host), 400],
  ['absolute form without a host', request('GET http:/// HTTP/1.1', host), 400],
  ['a colon in the method', request('GE:T / HTTP/1.1', host), 400],
  ['NUL in the method', request('GE\0T / HTTP/1.1', host), 400],
  ['a version in lower case', request('GET / http/1.1', host), 400],
  ['a version of one digit', request('GET / HTTP/1', host), 400],
  ['a version of three digits', request('GET / HTTP/1.10', host), 400],
  ['a version with a plus', request('GET / HTTP/+1.1', host), 400],
  ['HTTP/2.0 spelt out', request('GET / HTTP/2.0', host), 505],
  ['HTTP/1.2', request('GET / HTTP/1.2', host), 505],
  ['HTTP/0.9 spelt out', request('GET / HTTP/0.9', host), 505],
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n\r\n', 400],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00', 400],
  ['a line feed alone at the end of the first line', `GET / HTTP/1.1\n${host}\r\n\r\n`, 400],
  ['line feeds alone', `GET / HTTP/1.1\n${host}\n\n`, 400],
  ['a line feed before the request', `\n${get()}`, 400],
  ['a carriage return alone in the first line', `GET / HTTP/1.1\r${host}\r\n\r\n`, 400],
  ['a first line that is too long', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n`, 414],
  ['an address that is too long', request(`GET /${'a'.repeat(9_000)} HTTP/1.1`, host, last), 414],
  ['CONNECT', `${request('CONNECT evil.example:443 HTTP/1.1', 'Host: evil.example:443')}${hidden}`, 405],
  ['TRACE', request('TRACE / HTTP/1.1', host, last), 405],
]

const fields: Case[] = [
  ['no Host', request('GET / HTTP/1.1'), 400],
  ['two Hosts', get('Host: evil.example'), 400],
  ['two equal Hosts', get(host), 400],
  ['two Hosts under HTTP/1.0', request('GET / HTTP/1.0', host, 'Host: evil.example'), 400],
  ['an empty Host', request('GET / HTTP/1.1', 'Host:', last), 400],
  ['two hosts in one', request('GET / HTTP/1.1', 'Host: welcome.inxt, evil.example', last), 400],
  ['a Host with user information', request('GET / HTTP/1.1', 'Host: a@welcome.inxt', last), 400],
  ['a Host with a path', request('GET / HTTP/1.1', 'Host: welcome.inxt/a', last), 400],
  ['a Host with a space', request('GET / HTTP/1.1', 'Host: welcome.inxt evil', last), 400],
  ['a Host with a port that is none', request('GET / HTTP/1.1', 'Host: welcome.inxt:99999', last), 400],
  ['a Host behind a space', request('GET / HTTP/1.1', ' Host: welcome.inxt'), 400],
  ['a folded line', get('X: a', ' b'), 400],
  ['a line folded by a tab', get('X: a', '\tb'), 400],
  ['a folded first field', request('GET / HTTP/1.1', ` ${host}`), 400],
  ['a space before the colon', get('X : a'), 400],
  ['a tab before the colon', get('X\t: a'), 400],
  ['no colon', get('X'), 400],
  ['no name', get(': a'), 400],
  ['a name with a space', get('X Y: a'), 400],
  ['a name past ASCII', get('X\xe4: a'), 400],
  ['a name with NUL', get('X\0: a'), 400],
  ['a name with a parenthesis', get('X(: a'), 400],
  ['a name with a quote', get('"X": a'), 400],
  ['NUL in a value', get('X: a\0b'), 400],
  ['a carriage return in a value', get('X: a\rb'), 400],
  ['a line feed in a value', get('X: a\nY: b'), 400],
  ['a vertical tab in a value', get('X: a\x0bb'), 400],
  ['DEL in a value', get('X: a\x7fb'), 400],
  ['a carriage return before the end of a line', get('X: a\r'), 400],
  ['too many fields', get(...Array<string>(120).fill('X: a')), 431],
  ['fields that are too long', get(`X: ${'a'.repeat(20_000)}`), 431],
  ['fields without end', `GET / HTTP/1.1\r\n${'X: a\r\n'.repeat(4_000)}`, 431],
  ['an unknown expectation', get('Expect: a-pony'), 417],
  ['two expectations', get('Expect: 100-continue', 'Expect: 100-continue'), 417],
  ['Connection that names Host', get('Connection: close, Host'), 400],
  ['Connection that names the length', `${post('Connection: Content-Length', 'Content-Length: 2')}hi`, 400],
  [
    'Connection that names the coding',
    `${post('Connection: Transfer-Encoding', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    400,
  ],
  ['Connection that names Cookie', get('Connection: Cookie', 'Cookie: a=1'), 400],
]

const lengths: Case[] = [
  ...[
    ['a sign', '+5'],
    ['a minus', '-5'],
    ['a fraction', '5.0'],
    ['an exponent', '1e1'],
    ['hexadecimal', '0x5'],
    ['a space inside', '1 0'],
    ['a comma', '5,5'],
    ['a list', '5, 6'],
    ['a semicolon', '5;'],
    ['quotes', '"5"'],
    ['letters', 'five'],
    ['nothing', ''],
    ['an underscore', '1_0'],
    ['other digits', '\xb2'],
    ['more than a number holds', '9'.repeat(40)],
    ['2^64 + 5', '18446744073709551621'],
  ].map(
    ([what, value]): Case => [
      `a length with ${what}`,
      `${post(`Content-Length: ${value}`)}hello${hidden}`,
      400,
    ],
  ),
  ['two lengths', `${post('Content-Length: 5', 'Content-Length: 6')}hello${hidden}`, 400],
  ['two equal lengths', `${post('Content-Length: 5', 'Content-Length: 5')}hello${hidden}`, 400],
  ['two lengths, one in capitals', `${post('Content-Length: 5', 'CONTENT-LENGTH: 0')}hello${hidden}`, 400],
  ['a length behind a space', `${post('Content-Length : 5')}hello${hidden}`, 400],
  ['a length in a folded line', `${post('Content-Length:', ' 5')}hello${hidden}`, 400],
  ['a length behind a bare line feed', `${post('X: a\nContent-Length: 5')}hello${hidden}`, 400],
  ['a length behind a bare carriage return', `${post('X: a\rContent-Length: 5')}hello${hidden}`, 400],
  ['a length behind NUL', `${post('\0Content-Length: 5')}hello${hidden}`, 400],
]

const both = (title: string, ...more: string[]): Case[] => [
  [`CL.TE: ${title}`, `${post(lengthOfHidden, ...more)}0\r\n\r\n${hidden}`, 400],
  [`TE.CL: ${title}`, `${post(...more, 'Content-Length: 4')}5c\r\n${hidden}\r\n0\r\n\r\n`, 400],
]

const codings: Case[] = [
  ...both('plain', 'Transfer-Encoding: chunked'),
  ...both('in capitals', 'TRANSFER-ENCODING: CHUNKED'),
  ...both('identity', 'Transfer-Encoding: identity'),
  ...both('twice', 'Transfer-Encoding: chunked', 'Transfer-Encoding: identity'),
  ...both('a space before the colon', 'Transfer-Encoding : chunked'),
  ...both('a tab behind the colon', 'Transfer-Encoding:\tchunked'),
  ...both('a vertical tab', 'Transfer-Encoding:\x0bchunked'),
  ...both('folded', 'Transfer-Encoding:', ' chunked'),
  ...both('in quotes', 'Transfer-Encoding: "chunked"'),
  ...both('behind a bare line feed', 'X: a\nTransfer-Encoding: chunked'),
  ...both('behind a bare carriage return', 'X: a\rTransfer-Encoding: chunked'),
  ...both('NUL at its end', 'Transfer-Encoding: chunked\0'),
  ...[
    ['xchunked', 400],
    ['chunked, identity', 400],
    ['chunked, chunked', 400],
    ['chunked,', 400],
    [',chunked', 400],
    ['chunked;q=1', 400],
    ['"chunked"', 400],
    ['chunked\x0b', 400],
    ['chunked gzip', 400],
    ['\xffchunked', 400],
    ['identity', 400],
    ['', 400],
    ['gzip, chunked', 501],
    ['deflate,chunked', 501],
    ['identity, chunked', 501],
  ].map(
    ([value, status]): Case => [
      `coding ${JSON.stringify(value)}`,
      `${post(`Transfer-Encoding: ${value}`)}0\r\n\r\n${hidden}`,
      Number(status),
    ],
  ),
  [
    'chunked twice, in two lines',
    `${post('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')}0\r\n\r\n${hidden}`,
    400,
  ],
  [
    'gzip and chunked in two lines',
    `${post('Transfer-Encoding: gzip', 'Transfer-Encoding: chunked')}0\r\n\r\n${hidden}`,
    501,
  ],
  ['a coding behind a space', `${post(' Transfer-Encoding: chunked')}0\r\n\r\n${hidden}`, 400],
  [
    'a coding with an underscore is another field',
    `${post('Transfer_Encoding: chunked', 'Content-Length: 5', last)}0\r\n\r\n`,
    200,
  ],
  [
    'chunks under HTTP/1.0',
    `${request('POST /echo HTTP/1.0', host, 'Transfer-Encoding: chunked')}0\r\n\r\n${hidden}`,
    400,
  ],
]

const broken = (title: string, body: string): Case => [
  `chunks: ${title}`,
  `${post('Transfer-Encoding: chunked')}${body}${hidden}`,
  400,
]

const chunks: Case[] = [
  broken('no size', '\r\nhello\r\n0\r\n\r\n'),
  broken('a size that is no number', 'g\r\nhello\r\n0\r\n\r\n'),
  broken('a size with 0x', '0x5\r\nhello\r\n0\r\n\r\n'),
  broken('a size with a sign', '+5\r\nhello\r\n0\r\n\r\n'),
  broken('a negative size', '-5\r\nhello\r\n0\r\n\r\n'),
  broken('a space before the size', ' 5\r\nhello\r\n0\r\n\r\n'),
  broken('a space behind the size', '5 \r\nhello\r\n0\r\n\r\n'),
  broken('a tab behind the size', '5\t\r\nhello\r\n0\r\n\r\n'),
  broken('a size of nine digits', '000000005\r\nhello\r\n0\r\n\r\n'),
  broken('a size past 64 bits', '10000000000000005\r\nhello\r\n0\r\n\r\n'),
  broken('an underscore in the size', '0_5\r\nhello\r\n0\r\n\r\n'),
  broken('a line feed alone behind the size', '5\nhello\r\n0\r\n\r\n'),
  broken('a carriage return alone behind the size', '5\rhello\r\n0\r\n\r\n'),
  broken('a line feed alone behind the data', '5\r\nhello\n0\r\n\r\n'),
  broken('no line end behind the data', '5\r\nhello0\r\n\r\n'),
  broken('more data than the size', '5\r\nhelloworld\r\n0\r\n\r\n'),
  broken('a line feed alone behind the last chunk', '0\n\r\n'),
  broken('a line feed alone at the end', '0\r\n\n'),
  broken('an extension with a line feed', '5;a\nb\r\nhello\r\n0\r\n\r\n'),
  broken('an extension with a carriage return', '5;a\rb\r\nhello\r\n0\r\n\r\n'),
  broken('an extension without a name', '5;\r\nhello\r\n0\r\n\r\n'),
  broken('an extension with an open quote', '5;a="b\r\nhello\r\n0\r\n\r\n'),
  broken('an extension with NUL', '5;a\0\r\nhello\r\n0\r\n\r\n'),
  broken('an extension that is too long', `5;${'a'.repeat(300)}\r\nhello\r\n0\r\n\r\n`),
  broken('extensions without end', `${`1;${'a'.repeat(200)}\r\nx\r\n`.repeat(100)}0\r\n\r\n`),
  broken('a trailer that is no field', '0\r\nX\r\n\r\n'),
  broken('a trailer behind a space', '0\r\n X: a\r\n\r\n'),
  broken('a trailer with a space before the colon', '0\r\nX : a\r\n\r\n'),
  broken('a trailer with a line feed', '0\r\nX: a\nY: b\r\n\r\n'),
  [
    'chunks: trailers without end',
    `${post('Transfer-Encoding: chunked')}0\r\n${'X: a\r\n'.repeat(4_000)}`,
    431,
  ],
  [
    'chunks: too many trailers',
    `${post('Transfer-Encoding: chunked')}0\r\n${'X: a\r\n'.repeat(120)}\r\n`,
    431,
  ],
]

export const cases: readonly Case[] = [...taken, ...lines, ...fields, ...lengths, ...codings, ...chunks]
