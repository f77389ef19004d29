// Shifts of others in memory.
import { ObservedEvent, ObservedShift, SeenAlias } from '../../core/observe/event.ts'
import { type Listing, listing } from '../../core/listing.ts'
import type { Observations, ShiftKey } from '../../cloud/ports.ts'
import type { MemoryTable } from './stores/table.ts'

const logKey = (service: string, id: string): string => `observed-log/${service}/${id}`
const seenKey = (service: string): string => `observed-seen/${service}`
export const shiftsKey = (service: string): string => `observed/${service}`
const nameOf = (functionName: string, alias: string): string => `${functionName}:${alias}`
export const timeKey = (atMs: number, id: string): string => `${String(atMs).padStart(15, '0')}#${id}`

export function memoryObservations(table: MemoryTable): Observations {
  const seen: Observations['seen'] = (service, functionName, alias) =>
    Promise.resolve(table.get(SeenAlias, seenKey(service), nameOf(functionName, alias)))
  const read = (service: string, id: string): ObservedEvent[] =>
    table.list(logKey(service, id)).flatMap((sk) => table.get(ObservedEvent, logKey(service, id), sk) ?? [])
  const shiftsAt = (service: string, keys: readonly string[]): Listing<ObservedShift, ShiftKey> => {
    const get = (sk: string): ObservedShift => {
      const found = table.get(ObservedShift, shiftsKey(service), sk)
      if (found === undefined) throw new Error(`no item ${sk}`)
      return found
    }
    return listing(keys, get, (sk) => ({ beganAtMs: Number(sk.split('#')[0]), id: sk.slice(sk.indexOf('#') + 1) }))
  }
  return {
    append(service, id, event) {
      const isFree = read(service, id).length === event.seq - 1
      if (isFree) table.set(logKey(service, id), String(event.seq).padStart(6, '0'), event)
      return Promise.resolve(isFree)
    },
    read: (service, id, afterSeq = 0) => Promise.resolve(read(service, id).filter(({ seq }) => seq > afterSeq)),
    seen,
    async setSeen(next) {
      const before = await seen(next.service, next.functionName, next.alias)
      if ((before?.rev ?? 0) !== next.rev - 1) return false
      table.set(seenKey(next.service), nameOf(next.functionName, next.alias), next)
      return true
    },
    putShift(shift) {
      table.set(shiftsKey(shift.service), timeKey(shift.beganAtMs, shift.id), shift)
      return Promise.resolve()
    },
    shifts(service, fromMs, toMs) {
      const isMeant = (sk: string): boolean => sk >= timeKey(fromMs, '') && sk < timeKey(toMs, '')
      return Promise.resolve(shiftsAt(service, table.list(shiftsKey(service)).filter(isMeant)))
    },
    latest(service, atMost, before) {
      const isOlder = (sk: string): boolean => before === undefined || sk < timeKey(before.beganAtMs, before.id)
      const newest = table.list(shiftsKey(service)).filter(isOlder).toReversed().slice(0, atMost)
      return Promise.resolve(shiftsAt(service, newest))
    },
  }
}
