// Vivaldi: each measured round trip is a spring that pulls or pushes (Dabek, Cox, Kaashoek, Morris, SIGCOMM 2004,
// figure 3).
//
// It stands here as the baseline that the product is measured against. The step and the weight of a sample follow
// from whose error is larger, and the height absorbs the access link (§5.4: subtracting points adds their heights).

import type { Random } from '../../base/random.ts'
import { distanceMs, type Point, type Position } from './coordinate.ts'

/** c_c and c_e: 0.25 is what the paper finds best for the one, and what others take for the other. */
const gain = 0.25
const heightMinMs = 0.1

/** The position after one sample; errors start at 1. */
export function pulled(self: Position, other: Position, rttMs: number, random: Random): Position {
  const distance = distanceMs(self.point, other.point)
  const weight = self.error / (self.error + other.error || 1)
  const sample = Math.abs(distance - rttMs) / rttMs
  const error = sample * gain * weight + self.error * (1 - gain * weight)
  const force = gain * weight * (rttMs - distance)
  const last = self.point.length - 1
  const towards = direction(self.point, other.point, random)
  const point = self.point.map((value, i) => value + force * towards[i]!)
  point[last] = Math.max(heightMinMs, point[last]!)
  return { point, error: Math.min(1, error) }
}

/** The unit vector from `b` to `a`, heights added; a random one for points that coincide. */
function direction(a: Point, b: Point, random: Random): Point {
  const last = a.length - 1
  const gap = a.map((value, i) => (i === last ? value + b[i]! : value - b[i]!))
  if (gap.every((value, i) => i === last || value === 0))
    for (let i = 0; i < last; i++) gap[i] = random.next() - 0.5
  const norm = Math.hypot(...gap.slice(0, last)) + gap[last]!
  return gap.map(value => value / norm)
}
