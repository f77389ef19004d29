// Plots each rule: how long it takes to find a fault against how many healthy releases it rolls back.
import { scaleLinear, scalePow } from 'd3-scale'
import type { Place } from './rows/usual.ts'

const [width, height] = [900, 460]
const frame = { left: 70, right: 870, top: 60, bottom: 400 }
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** @returns an SVG document. Lower left is best: few healthy releases rolled back, and faults found soon. */
export function verdictPicture(places: readonly Place[]): string {
  // A square root scale, because the good rules differ by less than a percent.
  const x = scalePow().exponent(0.5).domain([0, 100]).range([frame.left, frame.right])
  const y = scaleLinear().domain([0, 60]).range([frame.bottom, frame.top])
  const vertical = [0, 1, 5, 10, 25, 50, 75, 100].map(
    (tick) =>
      `<line x1="${fix(x(tick))}" x2="${fix(x(tick))}" y1="${frame.top}" y2="${frame.bottom}" class="g"/><text x="${fix(x(tick))}" y="${frame.bottom + 18}" class="l" text-anchor="middle">${tick} %</text>`,
  )
  const horizontal = [0, 10, 20, 30, 40, 50, 60].map(
    (tick) =>
      `<line x1="${frame.left}" x2="${frame.right}" y1="${fix(y(tick))}" y2="${fix(y(tick))}" class="g"/><text x="${frame.left - 8}" y="${fix(y(tick) + 4)}" class="l" text-anchor="end">${tick} min</text>`,
  )
  const spots = spread(places.map((place) => ({ ...place, x: x(place.falsePercent), y: y(place.delayMinutes) })))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Median minutes until a fault is found against the share of healthy releases that are rolled back, for each rule">`,
    '<style>text{font-family:system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}.t{font-size:15px;font-weight:600;fill:#1f2937}.l{font-size:11px;fill:#6b7280}.n{font-size:12px;fill:#374151}.o{font-size:13px;font-weight:600;fill:#0f766e}.g{stroke:#e5e7eb}.h{stroke:#9ca3af}</style>',
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${frame.left}" y="32" class="t">Minutes until a fault is found, against healthy releases rolled back</text>`,
    ...vertical,
    ...horizontal,
    `<text x="${(frame.left + frame.right) / 2}" y="${height - 18}" class="l" text-anchor="middle">healthy releases rolled back, mean over the ten kinds of noise (square root scale); minutes: mean of the medians over the seven faults</text>`,
    ...spots.map(spot),
    '</svg>',
    '',
  ].join('\n')
}

type Spot = Place & { readonly x: number; readonly y: number; readonly labelY: number }

const labelHeight = 15

/** Moves overlapping labels down, starting with the topmost. */
function spread(places: readonly (Place & { readonly x: number; readonly y: number })[]): readonly Spot[] {
  const placed: Spot[] = []
  for (const one of places.toSorted((a, b) => a.y - b.y)) {
    let labelY = one.y + 4
    const isTaken = (): boolean =>
      placed.some((other) => Math.abs(other.x - one.x) < 110 && Math.abs(other.labelY - labelY) < labelHeight)
    while (isTaken()) labelY += 1
    placed.push({ ...one, labelY })
  }
  return placed
}

function spot({ name, x, y, labelY }: Spot): string {
  const isOurs = name === 'ours'
  const isRight = x > frame.right - 90
  const labelX = isRight ? x - 12 : x + 12
  return `<circle cx="${fix(x)}" cy="${fix(y)}" r="${isOurs ? 7 : 4.5}" fill="${isOurs ? '#0f766e' : '#6b7280'}"/><line x1="${fix(x)}" y1="${fix(y)}" x2="${fix(labelX)}" y2="${fix(labelY - 4)}" class="h"/><text x="${fix(labelX + (isRight ? -2 : 2))}" y="${fix(labelY)}" class="${isOurs ? 'o' : 'n'}" text-anchor="${isRight ? 'end' : 'start'}">${escaped(isOurs ? 'Tidegate' : name)}</text>`
}

const fix = (value: number): string => value.toFixed(1)
