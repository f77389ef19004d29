// OpsCenter, a part of AWS Systems Manager, as far as rules open OpsItems and state machines resolve them: its limits, its
// deduplication, and the one filter that finds an OpsItem by a value of its operational data. There is no API of its own.
import { AwsError } from './protocol/aws-error.ts'
import type { LocalClock } from './time/clock.ts'

type Value = { readonly Type: string; readonly Value: string }
type OpsItem = {
  readonly OpsItemId: string
  readonly Title: string
  readonly Description: string
  readonly Source: string
  readonly Category?: string
  readonly Severity?: string
  readonly CreatedTime: string
  readonly OperationalData: Readonly<Record<string, Value>>
  readonly Status: string
}
type Fields = Readonly<Record<string, unknown>>

export type LocalOpsCenter = ReturnType<typeof localOpsCenter>

export function localOpsCenter({ clock, ids }: { readonly clock: LocalClock; readonly ids: () => string }) {
  const items = new Map<string, OpsItem>()
  return {
    items: (): readonly OpsItem[] => [...items.values()],
    /** What a rule's target gets. One that is open already is not opened again. @throws AwsError */
    open(payload: string): void {
      const { title, description, source, category, severity, operationalData = {} } = JSON.parse(payload) as Fields
      const given = Object.entries(
        operationalData as Record<string, { readonly type?: string; readonly value?: unknown }>,
      )
      const data = Object.fromEntries(
        given.map(([key, { type = 'String', value }]) => [key, { Type: type, Value: text(key, value, 20_480) }]),
      )
      const dedup = data['/aws/dedup']?.Value
      if (dedup !== undefined && typeof (JSON.parse(dedup) as { dedupString?: unknown }).dedupString !== 'string')
        throw refused('/aws/dedup has no dedupString')
      const isOpen = ({ Status, OperationalData }: OpsItem): boolean =>
        Status !== 'Resolved' && OperationalData['/aws/dedup']?.Value === dedup
      if (dedup !== undefined && [...items.values()].some(isOpen)) return
      const OpsItemId = `oi-${ids().replaceAll('-', '').slice(0, 12)}`
      items.set(OpsItemId, {
        ...{ OpsItemId, Status: 'Open', OperationalData: data, CreatedTime: new Date(clock.nowMs()).toISOString() },
        ...{ Title: text('title', title, 1024), Description: text('description', description, 2048) },
        Source: text('source', source, 128),
        ...(category === undefined ? {} : { Category: text('category', category, 64) }),
        ...(severity === undefined ? {} : { Severity: text('severity', severity, 64) }),
      })
    },
    /** What state machines call. */
    integrations: {
      'aws-sdk:ssm:describeOpsItems': ({ OpsItemFilters }: Fields): unknown => {
        const wanted = (OpsItemFilters as readonly { Key: string; Values: readonly string[]; Operator: string }[]).map(
          ({ Key, Values: [value = ''], Operator }) => {
            if (Key !== 'OperationalData' || Operator !== 'Equal') throw refused(`the filter ${Key} ${Operator}`)
            return JSON.parse(value) as { readonly key: string; readonly value: string }
          },
        )
        const fits = ({ OperationalData }: OpsItem): boolean =>
          wanted.every(({ key, value }) => {
            const found = OperationalData[key]
            return found?.Type === 'SearchableString' && found.Value === value
          })
        return { OpsItemSummaries: [...items.values()].filter(fits).map(({ Description: _, ...summary }) => summary) }
      },
      'aws-sdk:ssm:updateOpsItem': ({ OpsItemId, Status, OperationalData = {} }: Fields): unknown => {
        const item = items.get(String(OpsItemId))
        if (item === undefined) throw new AwsError('OpsItemNotFoundException', `${String(OpsItemId)} does not exist`)
        const added = Object.entries(OperationalData as Record<string, Partial<Value>>).map(
          ([key, { Type = 'String', Value }]) => [key, { Type, Value: text(key, Value, 20_480) }] as const,
        )
        const data = { ...item.OperationalData, ...Object.fromEntries(added) }
        items.set(item.OpsItemId, { ...item, OperationalData: data, Status: text('Status', Status, 64) })
        return {}
      },
    },
  }
}

const refused = (what: string): AwsError => new AwsError('OpsItemInvalidParameterException', what)

function text(name: string, value: unknown, max: number): string {
  if (typeof value === 'string' && value.trim() !== '' && value.length <= max) return value
  throw refused(`${name} is no text of 1 to ${max} characters`)
}
