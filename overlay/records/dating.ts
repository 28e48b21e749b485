// Dating: the end of a record is a date, and the machines that keep records count time by a clock that nothing moves.
//
// The two part whenever somebody sets the system's clock, and when a machine sleeps: a steady clock stands still then.
// Timeouts must not notice, expiry must: an edge that dated its records by the steady clock after a night's sleep would
// publish what is over, and believe what nobody else does. So whatever compares an expiry asks for the date first.

/** The date, in ms since the epoch, of an instant of the clock that everything else goes by. */
export type DateOf = (now: number) => number

/** Where there is but one clock, as in a simulation. */
export const oneClock: DateOf = now => now
