// Draws what the judge sees of one release: the error rates of both versions by minute, and the resulting evidence.
import { scaleLinear } from 'd3-scale'
import type { CountMinute } from '../core/verdict/processes/split-process.ts'
import { minutesOf, type Situation } from './trials/noise.ts'
import { ours } from './rivals/e-processes.ts'

const [width, height] = [900, 420]
const panelWidth = 350
const rates = { top: 60, bottom: 200, max: 0.16 }
const odds = { top: 250, bottom: 370, min: -3, max: 6 }
const alpha = 0.05

type Panel = { readonly title: string; readonly situation: Situation; readonly seed: number }

/** @returns an SVG document with two panels side by side */
export function evidencePicture(panels: readonly [Panel, Panel]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Error rates of both versions by minute, and the evidence against the candidate that comes of them">`,
    '<style>text{font-family:system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}.t{font-size:15px;font-weight:600;fill:#1f2937}.l{font-size:11px;fill:#6b7280}.n{font-size:12px;fill:#374151}.g{stroke:#e5e7eb}</style>',
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...panels.flatMap((panel, index) => drawn(panel, 70 + index * 440)),
    '</svg>',
    '',
  ].join('\n')
}

const fix = (value: number): string => value.toFixed(1)

function drawn({ title, situation, seed }: Panel, left: number): readonly string[] {
  const minutes = minutesOf(situation, seed)
  const said = ours.judge(minutes, { alpha, stableRate: situation.rate })
  const failedAt = said.findIndex((one) => one.said === 'fail')
  const seen = failedAt < 0 ? minutes : minutes.slice(0, failedAt + 1)
  const x = scaleLinear([0, situation.minutes], [left, left + panelWidth])
  const rate = scaleLinear([0, rates.max], [rates.bottom, rates.top]).clamp(true)
  const logE = scaleLinear([odds.min, odds.max], [odds.bottom, odds.top]).clamp(true)
  const limit = Math.log(1 / alpha)
  const rateOf = (arm: 'stable' | 'candidate') => (minute: CountMinute) =>
    minute[`${arm}Bad`] / Math.max(1, minute[`${arm}Invocations`])
  const line = (y: (index: number) => number): string =>
    seen.map((_, index) => `${index === 0 ? 'M' : 'L'}${fix(x(index + 0.5))} ${fix(y(index))}`).join('')
  const gridline = (y: number, label: string): string =>
    `<line x1="${left}" x2="${left + panelWidth}" y1="${fix(y)}" y2="${fix(y)}" class="g"/><text x="${left - 8}" y="${fix(y + 4)}" class="l" text-anchor="end">${label}</text>`
  const dots = seen.map(
    (minute, index) =>
      `<circle cx="${fix(x(index + 0.5))}" cy="${fix(rate(rateOf('candidate')(minute)))}" r="2.5" fill="#b45309"/>`,
  )
  return [
    `<text x="${left}" y="32" class="t">${title}</text>`,
    ...[0, 0.05, 0.1, 0.15].map((tick) => gridline(rate(tick), `${tick * 100} %`)),
    `<text x="${left}" y="${rates.top - 8}" class="l">failed requests a minute: stable (line), candidate (dots)</text>`,
    `<path d="${line((index) => rate(rateOf('stable')(seen[index] ?? emptyMinute)))}" fill="none" stroke="#6b7280" stroke-width="1.5"/>`,
    ...dots,
    ...[0].map((tick) => gridline(logE(tick), '1 to 1')),
    gridline(logE(limit), '20 to 1'),
    `<text x="${left}" y="${odds.top - 8}" class="l">evidence against the candidate; at 20 to 1 it is rolled back</text>`,
    `<line x1="${left}" x2="${left + panelWidth}" y1="${fix(logE(limit))}" y2="${fix(logE(limit))}" stroke="#b91c1c" stroke-dasharray="4 4"/>`,
    `<path d="${line((index) => logE(said[index]?.logE ?? 0))}" fill="none" stroke="#0f766e" stroke-width="2.5"/>`,
    failedAt < 0
      ? `<text x="${left + panelWidth}" y="${odds.bottom + 18}" class="n" text-anchor="end">an hour, and left alone</text>`
      : `<circle cx="${fix(x(failedAt + 0.5))}" cy="${fix(logE(said[failedAt]?.logE ?? 0))}" r="4" fill="#b91c1c"/><text x="${left + panelWidth}" y="${odds.bottom + 18}" class="n" text-anchor="end">rolled back in minute ${failedAt + 1}</text>`,
    `<text x="${left}" y="${odds.bottom + 18}" class="l">0 min</text>`,
  ]
}

const emptyMinute: CountMinute = { stableInvocations: 0, stableBad: 0, candidateInvocations: 0, candidateBad: 0 }
