// HTTP dates, in the one form that is written and the two that old software still writes (RFC 9110 §5.6.7).
//
// Strict, because a date decides how long an answer is believed: what is not one of the three forms, or no day of the
// calendar, is no date; only of letters any case will do (RFC 9111 §4.2). `Date.parse` would take "0" for the year 2000
// and a missing zone for local time.

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const day = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)'
const month = `(?<month>${months.join('|')})`
const time = '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)'
const forms = [
  new RegExp(`^${day}, (?<day>\\d\\d) ${month} (?<year>\\d{4}) ${time} GMT$`, 'i'),
  new RegExp(
    `^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\\d\\d)-${month}-(?<year>\\d\\d) ${time} GMT$`,
    'i',
  ),
  new RegExp(`^${day} ${month} (?<day>[ \\d]\\d) ${time} (?<year>\\d{4})$`, 'i'),
]

/**
 * Milliseconds since the Unix epoch; undefined for what is no date. Of years with two digits those are past that
 * would be more than 50 years after `now`.
 */
export function parseHttpDate(text: string, now: number): number | undefined {
  for (const form of forms) {
    const parts = form.exec(text)?.groups
    if (parts) return instant(parts, now)
  }
  return undefined
}

function instant(parts: Record<string, string>, now: number): number | undefined {
  const [dayOfMonth, hour, minute, second] = ['day', 'hour', 'minute', 'second'].map(key =>
    Number(parts[key]),
  )
  const monthIndex = months.indexOf(parts['month']!.toLowerCase())
  let year = Number(parts['year'])
  if (parts['year']!.length === 2) {
    const thisYear = new Date(now).getUTCFullYear()
    year += Math.floor(thisYear / 100) * 100
    if (year > thisYear + 50) year -= 100
  }
  // A leap second is written as 60 and counted as the first of the next minute.
  if (hour! > 23 || minute! > 59 || second! > 60) return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, monthIndex, dayOfMonth)
  if (date.getUTCMonth() !== monthIndex || date.getUTCDate() !== dayOfMonth) return undefined
  return date.setUTCHours(hour!, minute, second)
}
