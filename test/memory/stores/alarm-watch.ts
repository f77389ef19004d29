// Which live releases watch an alarm, in memory.
import type { AlarmWatch } from '../../../cloud/ports.ts'
import type { MemoryTable } from './table.ts'

export function memoryAlarmWatch(table: MemoryTable): AlarmWatch {
  const watchOf = (alarmName: string): string => `alarm/${alarmName}`
  return {
    add(alarmName, releaseId) {
      table.set(watchOf(alarmName), releaseId, true)
      return Promise.resolve()
    },
    remove(alarmName, releaseId) {
      table.delete(watchOf(alarmName), releaseId)
      return Promise.resolve()
    },
    releases: (alarmName) => Promise.resolve(table.list(watchOf(alarmName))),
  }
}
