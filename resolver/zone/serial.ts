// Serial number arithmetic (RFC 1982 §3.2): the serial of an SOA goes round at 2^32, so of two the later one is that
// which is less than half of the way ahead. Exactly half is neither.

/** Whether `serial` is later than `other`; both 0 to 2^32 - 1. */
export function isLaterSerial(serial: number, other: number): boolean {
  return ((serial - other) | 0) > 0
}
