// Node's HTTP/1.1 without the browser's: `import` of a built-in module reads each of its exports, and three of those of
// `node:http` (WebSocket and its events) are doors to the copy of undici that Node carries. So it is
// asked for as an object, whose doors stay closed until somebody reads them: 3 MiB of an edge, 12 of an empty process.

export const http = process.getBuiltinModule('node:http')
