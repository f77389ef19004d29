// All rules, ours first.
import { alarmRate, alarmTwice, samAlarm } from './alarms.ts'
import { argo, flagger } from './checks.ts'
import { e1, e2, e2Tolerant, ours } from './e-processes.ts'
import { kayenta } from './kayenta.ts'
import type { Rival } from './rival.ts'
import { growthBook, lindonMalek, safe, zTest } from './tests.ts'

export const rivals: readonly Rival[] = [
  ours,
  e1,
  e2,
  e2Tolerant,
  kayenta,
  flagger,
  argo,
  samAlarm,
  alarmRate,
  alarmTwice,
  zTest,
  growthBook,
  safe,
  lindonMalek,
]
