// Every request and every answer counted, ready-made or not, by class of status: a count for each status and path would
// let clients choose how many names the meter holds.

import type { Meter } from '../../base/meter.ts'
import { andThen } from '../message.ts'
import type { IngressStep } from '../visit.ts'

export function count(meter: Meter): IngressStep {
  return (visit, next) => {
    meter.count('http.requests')
    return andThen(next(visit), response => {
      meter.count(countOf[Math.floor(response.status / 100)] ?? 'http.answers.odd')
      return response
    })
  }
}

const countOf = [0, 1, 2, 3, 4, 5].map(hundreds => `http.answers.${hundreds}xx`)
