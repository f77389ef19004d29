// The contract of telemetry: what was measured, what was not, and the difference.
import { describe, expect, it } from 'vitest'
import type { CountQuery, Telemetry } from '../../cloud/ports.ts'
import { t0Ms } from './samples.ts'

const minuteMs = 60_000
const query: CountQuery = { functionName: 'orders-api', alias: 'live', version: '2' }

type TelemetryUnderTest = {
  readonly telemetry: Telemetry
  /** One minute of traffic of one version, through the alias. */
  readonly measure: (query: CountQuery, minuteMs: number, invocations: number, errors: number) => unknown
  readonly setAlarm: (name: string, state: 'ok' | 'alarm' | 'insufficientData') => unknown
  /** A composite alarm that fires. */
  readonly setComposite: (name: string) => unknown
}

export function telemetryContract(name: string, open: () => Promise<TelemetryUnderTest>): void {
  describe(`telemetry: ${name}`, () => {
    it('tells alarms in the order of their names, the missing ones too', async () => {
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

    it('leaves minutes out in which nothing was invoked', async () => {
      const { telemetry, measure } = await open()
      await measure(query, t0Ms, 10, 0)
      await measure(query, t0Ms + 2 * minuteMs, 7, 3)
      expect(await telemetry.counts([query], t0Ms, t0Ms + 3 * minuteMs)).toEqual([
        {
          kind: 'counts',
          minutes: [
            { minuteMs: t0Ms, invocations: 10, errors: 0 },
            { minuteMs: t0Ms + 2 * minuteMs, invocations: 7, errors: 3 },
          ],
        },
      ])
    })

    it('includes the first minute and excludes the last', async () => {
      const { telemetry, measure } = await open()
      for (const minute of [0, 1, 2, 3]) await measure(query, t0Ms + minute * minuteMs, minute + 1, 0)
      const [counts] = await telemetry.counts([query], t0Ms + minuteMs, t0Ms + 3 * minuteMs)
      expect(counts).toMatchObject({ minutes: [{ invocations: 2 }, { invocations: 3 }] })
    })

    it('answers each query in its place, and silence as no minutes', async () => {
      const { telemetry, measure } = await open()
      const other = { ...query, version: '1' }
      await measure(other, t0Ms, 90, 1)
      await measure(query, t0Ms, 10, 2)
      const silent = { ...query, version: '7' }
      const answers = await telemetry.counts([silent, query, other], t0Ms, t0Ms + minuteMs)
      expect(answers).toEqual([
        { kind: 'counts', minutes: [] },
        { kind: 'counts', minutes: [{ minuteMs: t0Ms, invocations: 10, errors: 2 }] },
        { kind: 'counts', minutes: [{ minuteMs: t0Ms, invocations: 90, errors: 1 }] },
      ])
      expect(await telemetry.counts([], t0Ms, t0Ms + minuteMs)).toEqual([])
    })
  })
}
