// The contract of telemetry: what was measured, what was not, and the difference.
import { describe, expect, it } from 'vitest'
import type { Telemetry } from '../../../cloud/ports.ts'
import type { Question } from '../../../core/verdict/evidence/questions.ts'
import { t0Ms } from '../samples.ts'

const minuteMs = 60_000
type Version = { readonly functionName: string; readonly alias: string; readonly version: string }
const second: Version = { functionName: 'orders-api', alias: 'live', version: '2' }
const first: Version = { ...second, version: '1' }

/** The series of one metric of one version behind an alias. */
const question = ({ functionName, alias, version }: Version, metric: string, stat = 'Sum'): Question => ({
  key: `${version}.${metric}.${stat}`,
  namespace: 'AWS/Lambda',
  metric,
  dimensions: { FunctionName: functionName, Resource: `${functionName}:${alias}`, ExecutedVersion: version },
  stat,
})

type TelemetryUnderTest = {
  readonly telemetry: Telemetry
  /** Sets the only value of a metric in a minute. */
  readonly measure: (question: Question, minuteMs: number, value: number) => unknown
  readonly setAlarm: (name: string, state: 'ok' | 'alarm' | 'insufficientData') => unknown
  /** A composite alarm that is firing. */
  readonly setComposite: (name: string) => unknown
}

export function telemetryContract(name: string, open: () => Promise<TelemetryUnderTest>): void {
  describe(`telemetry: ${name}`, () => {
    it('returns alarms in the order of their names, including missing ones', async () => {
      const { telemetry, setAlarm } = await open()
      await setAlarm('a', 'ok')
      await setAlarm('b', 'alarm')
      await setAlarm('c', 'insufficientData')
      const readings = await telemetry.alarms(['c', 'nobody', 'b', 'a', 'c'])
      expect(readings.map((one) => [one.name, one.state])).toEqual([
        ['c', 'insufficientData'],
        ['nobody', 'missing'],
        ['b', 'alarm'],
        ['a', 'ok'],
        ['c', 'insufficientData'],
      ])
      expect(await telemetry.alarms([])).toEqual([])
    })

    it('sees composite alarms', async () => {
      const { telemetry, setComposite } = await open()
      await setComposite('everything')
      expect((await telemetry.alarms(['everything']))[0]?.state).toBe('alarm')
    })

    it('leaves out minutes in which nothing was measured', async () => {
      const { telemetry, measure } = await open()
      const invocations = question(second, 'Invocations')
      await measure(invocations, t0Ms, 10)
      await measure(invocations, t0Ms + 2 * minuteMs, 7)
      expect(
        await telemetry.read([invocations], { startMs: t0Ms, endMs: t0Ms + 3 * minuteMs, periodSeconds: 60 }),
      ).toEqual([
        {
          kind: 'points',
          points: [
            { minuteMs: t0Ms, value: 10 },
            { minuteMs: t0Ms + 2 * minuteMs, value: 7 },
          ],
        },
      ])
    })

    it('includes the first minute and excludes the last', async () => {
      const { telemetry, measure } = await open()
      const invocations = question(second, 'Invocations')
      for (const minute of [0, 1, 2, 3]) await measure(invocations, t0Ms + minute * minuteMs, minute + 1)
      const asked = { startMs: t0Ms + minuteMs, endMs: t0Ms + 3 * minuteMs, periodSeconds: 60 }
      expect(await telemetry.read([invocations], asked)).toMatchObject([{ points: [{ value: 2 }, { value: 3 }] }])
    })

    it('answers the questions in order, and silence as no points', async () => {
      const { telemetry, measure } = await open()
      const asked = { startMs: t0Ms, endMs: t0Ms + minuteMs, periodSeconds: 60 }
      await measure(question(first, 'Invocations'), t0Ms, 90)
      await measure(question(second, 'Invocations'), t0Ms, 10)
      await measure(question(second, 'Errors'), t0Ms, 2)
      const asks = [
        question(first, 'Errors'),
        question(second, 'Errors'),
        question({ ...second, version: '7' }, 'Invocations'),
        question(first, 'Invocations'),
        question(second, 'Invocations'),
      ]
      expect(await telemetry.read(asks, asked)).toEqual([
        { kind: 'points', points: [] },
        { kind: 'points', points: [{ minuteMs: t0Ms, value: 2 }] },
        { kind: 'points', points: [] },
        { kind: 'points', points: [{ minuteMs: t0Ms, value: 90 }] },
        { kind: 'points', points: [{ minuteMs: t0Ms, value: 10 }] },
      ])
      expect(await telemetry.read([], asked)).toEqual([])
    })
  })
}
