// Which live releases watch an alarm, in DynamoDB. The key holds everything, so one query answers an alarm event.
import type { AlarmWatch } from '../../ports.ts'
import { deleteItem, keyOf, keys, putItem, queryItems, type Table } from './table.ts'

export function awsAlarmWatch(table: Table): AlarmWatch {
  return {
    async add(alarmName, releaseId) {
      await putItem(table, keys.alarm(alarmName, releaseId), {})
    },
    async remove(alarmName, releaseId) {
      await deleteItem(table, keys.alarm(alarmName, releaseId))
    },
    async releases(alarmName) {
      const items = await queryItems(table, { pk: keys.alarm(alarmName, '').pk })
      return items.map((item) => keyOf(item).sk)
    },
  }
}
