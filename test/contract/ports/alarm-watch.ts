// The contract of the index from alarms to releases.
import { describe, expect, it } from 'vitest'
import type { AlarmWatch } from '../../../cloud/ports.ts'

export function alarmWatchContract(name: string, open: () => Promise<{ readonly alarmWatch: AlarmWatch }>): void {
  describe(`alarm watch: ${name}`, () => {
    it('finds the releases of an alarm, each once, and of no other alarm', async () => {
      const { alarmWatch } = await open()
      for (const id of ['r2', 'r1', 'r2']) await alarmWatch.add('orders errors', id)
      await alarmWatch.add('orders errors #2', 'r3')
      expect(await alarmWatch.releases('orders errors')).toEqual(['r1', 'r2'])
      await alarmWatch.remove('orders errors', 'r1')
      await alarmWatch.remove('orders errors', 'r1')
      expect(await alarmWatch.releases('orders errors')).toEqual(['r2'])
      expect(await alarmWatch.releases('unknown')).toEqual([])
    })
  })
}
